using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using NodaTime;

namespace Heldar.Local.FunctionsHost;

/// <summary>
/// The host's listener of one queue: up to batchSize + newBatchThreshold messages at once, fetched invisible for 10 minutes and renewed at half time, deleted after
/// success, visible again after visibilityTimeout when failed, moved to the poison queue at maxDequeueCount (body only, 7 days), none for a poison queue itself.
/// </summary>
internal sealed class QueueListener(FunctionFile function, QueueServiceClient account, HostSettings settings, Invoker invoker, IClock clock, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan Lease = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan MinPoll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan PoisonLife = TimeSpan.FromDays(7);
    private const string PoisonSuffix = "-poison";
    private const int MaxQueueName = 63;

    private readonly QueueClient _queue = account.GetQueueClient(function.Queue!);

    /// <summary>Runs until <paramref name="stopping"/>; then stops fetching and lets running invocations end under <paramref name="work"/>.</summary>
    public async Task RunAsync(CancellationToken stopping, CancellationToken work)
    {
        List<Task> running = [];
        var pause = MinPoll;
        while (!stopping.IsCancellationRequested)
        {
            running.RemoveAll(t => t.IsCompleted);
            if (running.Count > settings.NewBatchThreshold)
            {
                await Task.WhenAny(running);
                continue;
            }

            var fetched = await FetchAsync(stopping);
            running.AddRange(fetched.Select(m => HandleAsync(m, work)));
            if (fetched.Length > 0)
            {
                pause = MinPoll;
                continue;
            }

            // Exponential, randomised by a fifth, as the host polls.
            await Task.Delay(pause * (0.8 + (Random.Shared.NextDouble() * 0.4)), time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < settings.MaxPollingInterval ? pause * 2 : settings.MaxPollingInterval;
        }

        await Task.WhenAll(running);
    }

    private async Task<QueueMessage[]> FetchAsync(CancellationToken stopping)
    {
        try
        {
            return (await _queue.ReceiveMessagesAsync(settings.BatchSize, Lease, stopping)).Value;
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == QueueErrorCode.QueueNotFound)
        {
            return [];
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return [];
        }
        catch (Exception fault)
        {
            // Whatever it is, an answer cut off in the middle for one: a listener that ends would leave its queue to nobody, unnoticed while the others run.
            say($"{function.Name} cannot fetch from {_queue.Name}: {fault.GetType().Name}: {fault.Message.Split('\n')[0]}");
            return [];
        }
    }

    /// <summary>Never throws, so that a finished task in the list needs no look.</summary>
    private async Task HandleAsync(QueueMessage message, CancellationToken work)
    {
        try
        {
            await ProcessAsync(message, work);
        }
        catch (Exception fault)
        {
            // The lease runs out and the message comes again.
            say($"{function.Name}: message {message.MessageId} is left to its lease: {fault.GetType().Name}: {fault.Message.Split('\n')[0]}");
        }
    }

    private async Task ProcessAsync(QueueMessage message, CancellationToken work)
    {
        var receipt = message.PopReceipt;
        if (message.DequeueCount > settings.MaxDequeueCount)
        {
            await PoisonAsync(message, receipt, work);
            return;
        }

        if (!TryDecode(message.Body.ToString(), out var body))
        {
            say($"{function.Name}: message {message.MessageId} is not base64");
            await PoisonAsync(message, receipt, work);
            return;
        }

        var now = clock.GetCurrentInstant();
        var request = InvocationRequest.ForQueue(function, Facts(message, body), now, Invoker.Random());
        using var renewing = new CancellationTokenSource();
        var renewal = RenewAsync(message, renewing.Token);
        bool success;
        try
        {
            success = await invoker.InvokeAsync(function, request, work);
        }
        finally
        {
            // Also after a fault: a lease that went on being renewed would hide the message for as long as the host lives.
            await renewing.CancelAsync();
            receipt = await renewal;
        }

        if (success) await _queue.DeleteMessageAsync(message.MessageId, receipt, CancellationToken.None);
        else if (message.DequeueCount >= settings.MaxDequeueCount) await PoisonAsync(message, receipt, CancellationToken.None);
        else if (HasPoison) await _queue.UpdateMessageAsync(message.MessageId, receipt, message.Body, settings.VisibilityTimeout, CancellationToken.None);
    }

    private async Task<string> RenewAsync(QueueMessage message, CancellationToken stop)
    {
        var receipt = message.PopReceipt;
        while (true)
        {
            await Task.Delay(Lease / 2, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested) return receipt;
            receipt = (await _queue.UpdateMessageAsync(message.MessageId, receipt, message.Body, Lease, CancellationToken.None)).Value.PopReceipt;
        }
    }

    /// <summary>Queues that are poison queues themselves, or whose poison queue's name would be too long, have none: failures are left to time out.</summary>
    private bool HasPoison => !_queue.Name.EndsWith(PoisonSuffix, StringComparison.Ordinal) && _queue.Name.Length + PoisonSuffix.Length <= MaxQueueName;

    private async Task PoisonAsync(QueueMessage message, string receipt, CancellationToken cancellation)
    {
        if (!HasPoison) return;
        var poison = account.GetQueueClient(_queue.Name + PoisonSuffix);
        await poison.CreateIfNotExistsAsync(cancellationToken: cancellation);
        await poison.SendMessageAsync(message.Body, TimeSpan.Zero, PoisonLife, cancellation);
        await _queue.DeleteMessageAsync(message.MessageId, receipt, cancellation);
        say($"{function.Name}: message {message.MessageId} moved to {poison.Name} after {message.DequeueCount} attempts");
    }

    private bool TryDecode(string text, out byte[] body)
    {
        if (!settings.Base64)
        {
            body = System.Text.Encoding.UTF8.GetBytes(text);
            return true;
        }

        body = new byte[text.Length];
        if (!Convert.TryFromBase64String(text, body, out var written)) return false;
        body = body[..written];
        return true;
    }

    private static TriggerMessage Facts(QueueMessage message, byte[] body) => new(
        message.MessageId,
        message.PopReceipt,
        message.DequeueCount,
        At(message.InsertedOn),
        At(message.ExpiresOn),
        At(message.NextVisibleOn),
        body);

    private static Instant At(DateTimeOffset? time) => time is { } known ? Instant.FromDateTimeOffset(known) : NodaConstants.UnixEpoch;
}
