using Heldar.Cloud.Queues;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using NodaTime;

namespace Heldar.Functions.Fronts;

/// <summary>
/// Front B's listener of one queue, with the Functions host's semantics: leased messages, renewal at half time, deletion after success, a short pause after a
/// crash, the poison queue beyond <see cref="MaxDequeueCount"/>, polling from 100 ms to 1 s. One loop fetches, never more than
/// there is room for: the list of running handlers is the only bound.
/// </summary>
internal sealed partial class WorkerQueue(IQueueFunction function, string queue, QueueStore queues, FunctionsOptions options, TimeProvider time, ILogger log)
{
    public const int MaxDequeueCount = 5;
    private const int BatchSize = 16;
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(2);
    private static readonly TimeSpan AfterCrash = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MinPoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxPoll = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(8);

    /// <summary>Runs until <paramref name="stopping"/>; then stops fetching and gives running handlers 8 s.</summary>
    public async Task RunAsync(CancellationToken stopping)
    {
        using var work = new CancellationTokenSource();
        await using var grace = stopping.Register(() => work.CancelAfter(Grace));
        List<Task> running = [];
        var pause = MinPoll;
        while (!stopping.IsCancellationRequested)
        {
            running.RemoveAll(t => t.IsCompleted);
            var free = options.Concurrency - running.Count;
            if (free == 0)
            {
                await Task.WhenAny(running);
                continue;
            }

            var fetched = await FetchAsync(Math.Min(BatchSize, free), stopping);
            running.AddRange(fetched.Select(message => HandleAsync(message, work.Token)));
            pause = fetched.Count > 0 ? MinPoll : pause * 1.5 < MaxPoll ? pause * 1.5 : MaxPoll;
            if (fetched.Count == 0) await Task.Delay(pause, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await Task.WhenAll(running);
    }

    private async Task<IReadOnlyList<LeasedMessage>> FetchAsync(int most, CancellationToken stopping)
    {
        try
        {
            return await queues.ReceiveAsync(queue, most, Lease, stopping);
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return [];
        }
        catch (Exception fault)
        {
            // Whatever it is: a listener that ends would leave its queue to nobody, unnoticed while the others run.
            LogCannotFetch(queue, fault.Message.Split('\n')[0]);
            return [];
        }
    }

    /// <summary>Never throws, so that a finished task in the list needs no look.</summary>
    private async Task HandleAsync(LeasedMessage message, CancellationToken cancellation)
    {
        try
        {
            if (message.DequeueCount > MaxDequeueCount)
            {
                await PoisonAsync(message, message.PopReceipt, cancellation);
                return;
            }

            await InvokeAsync(message, cancellation);
        }
        catch (Exception fault)
        {
            // The lease runs out and the message comes again: nothing is lost, and one message never stops the loop.
            LogAbandoned(queue, message.Id, fault);
        }
    }

    private async Task InvokeAsync(LeasedMessage message, CancellationToken cancellation)
    {
        using var renewal = new LeaseRenewal(queues, queue, message, Lease, time);
        try
        {
            await function.RunAsync(new QueueMessage(queue, message.Id, message.DequeueCount, Decode(message.Text)) { EnqueuedAt = message.Inserted is { } inserted ? Instant.FromDateTimeOffset(inserted) : null }, cancellation);
        }
        catch (Exception crash)
        {
            var held = await renewal.StopAsync();
            LogCrash(function.Name, message.Id, message.DequeueCount, crash);
            if (message.DequeueCount >= MaxDequeueCount) await PoisonAsync(message, held, CancellationToken.None);
            else await queues.RenewAsync(queue, message with { PopReceipt = held }, AfterCrash, CancellationToken.None);
            return;
        }

        await queues.DeleteAsync(queue, message.Id, await renewal.StopAsync(), CancellationToken.None);
    }

    private async Task PoisonAsync(LeasedMessage message, string receipt, CancellationToken cancellation)
    {
        await queues.SendPoisonAsync(QueueNames.Poison(queue), message.Text, cancellation);
        await queues.DeleteAsync(queue, message.Id, receipt, cancellation);
    }

    // What is not base64 goes on as it is: the handler refuses it with a reason.
    private static byte[] Decode(string text)
    {
        var bytes = new byte[text.Length];
        return Convert.TryFromBase64String(text, bytes, out var written) ? bytes[..written] : System.Text.Encoding.UTF8.GetBytes(text);
    }

    [LoggerMessage(4301, LogLevel.Error, "{Function} crashed on message {Id} (dequeued {Count} times)")]
    private partial void LogCrash(string function, string id, long count, Exception crash);

    [LoggerMessage(4302, LogLevel.Warning, "message {Id} of {Queue} is left to its lease")]
    private partial void LogAbandoned(string queue, string id, Exception fault);

    [LoggerMessage(4303, LogLevel.Warning, "cannot fetch from {Queue}: {Cause}")]
    private partial void LogCannotFetch(string queue, string cause);
}
