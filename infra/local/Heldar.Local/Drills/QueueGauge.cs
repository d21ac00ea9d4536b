using System.Diagnostics;
using Azure;
using Azure.Storage.Queues;
using Heldar.Contracts.Queues;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>Looks at all queues of a storage account from outside.</summary>
internal sealed class QueueGauge(string storage)
{
    private static readonly TimeSpan Still = TimeSpan.FromSeconds(3);
    private readonly QueueServiceClient _account = new(storage, new QueueClientOptions(QueueClientOptions.ServiceVersion.V2021_02_12));

    /// <summary>Waits until no queue has a message to give and their lengths stand still: what is left lies under the lease of a consumer that was killed or cut off.</summary>
    /// <param name="limit">How long that may take.</param>
    /// <param name="suffix">Looks at queues alone whose names end so, and at their poison queues.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ProcessException">Not within <paramref name="limit"/>.</exception>
    public async Task<int> SettleAsync(TimeSpan limit, string suffix, CancellationToken cancellation)
    {
        (int Messages, bool Waiting) last = (-1, true);
        long since = Stopwatch.GetTimestamp();
        await UntilAsync(
            "the queues are worked off",
            async token =>
            {
                var lengths = await ReadAsync(suffix, token);
                (int Messages, bool Waiting) now = (lengths.Sum(queue => queue.Messages), lengths.Exists(queue => queue.Waiting));
                if (now != last || now.Waiting) (last, since) = (now, Stopwatch.GetTimestamp());
                return Stopwatch.GetElapsedTime(since) >= Still;
            },
            limit, suffix, cancellation);
        return last.Messages;
    }

    /// <summary>Every queue that holds something, in words.</summary>
    public async Task<string> DescribeAsync(string suffix, CancellationToken cancellation)
    {
        try
        {
            string[] full = [.. (await ReadAsync(suffix, cancellation)).Where(queue => queue.Messages > 0).Select(queue => $"{queue.Name} holds {queue.Messages}, {(queue.Waiting ? "some of them to be had" : "all leased or delayed")}")];
            return full.Length == 0 ? "all queues are empty" : string.Join("; ", full);
        }
        catch (Exception fault) when (fault is RequestFailedException or AggregateException)
        {
            return $"the queues cannot be read: {fault.Message.Split('\n')[0]}";
        }
    }

    /// <summary>Waits until the queues hold nothing at all, leases included.</summary>
    public Task EmptyAsync(TimeSpan limit, string suffix, CancellationToken cancellation) =>
        UntilAsync("the queues are empty", async token => (await ReadAsync(suffix, token)).TrueForAll(queue => queue.Messages == 0), limit, suffix, cancellation);

    /// <summary>Gives up with what the queues hold.</summary>
    private async Task UntilAsync(string what, Func<CancellationToken, Task<bool>> holds, TimeSpan limit, string suffix, CancellationToken cancellation)
    {
        try
        {
            await Readiness.WaitAsync(what, holds, limit, null, cancellation);
        }
        catch (ProcessException late)
        {
            throw new ProcessException($"{late.Message}; {await DescribeAsync(suffix, cancellation)}", late);
        }
    }

    private async Task<List<(string Name, int Messages, bool Waiting)>> ReadAsync(string suffix, CancellationToken cancellation)
    {
        List<(string, int, bool)> found = [];
        await foreach (var item in _account.GetQueuesAsync(cancellationToken: cancellation))
        {
            if (!item.Name.EndsWith(suffix, StringComparison.Ordinal) && !item.Name.EndsWith(QueueNames.Poison(suffix), StringComparison.Ordinal)) continue;
            QueueClient queue = _account.GetQueueClient(item.Name);
            found.Add((item.Name, (await queue.GetPropertiesAsync(cancellation)).Value.ApproximateMessagesCount, (await queue.PeekMessagesAsync(1, cancellation)).Value.Length > 0));
        }

        return found;
    }
}
