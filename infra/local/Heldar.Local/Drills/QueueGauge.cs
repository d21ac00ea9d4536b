using System.Diagnostics;
using Azure.Storage.Queues;
using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>Looks at all queues of a storage account from outside.</summary>
internal sealed class QueueGauge(string storage)
{
    private static readonly TimeSpan Still = TimeSpan.FromSeconds(3);
    private readonly QueueServiceClient _account = new(storage, new QueueClientOptions(QueueClientOptions.ServiceVersion.V2021_02_12));

    /// <summary>Waits until no queue has a message to give and their lengths stand still: what is left lies under the lease of a consumer that was killed.</summary>
    /// <exception cref="ProcessException">Not within <paramref name="limit"/>.</exception>
    public async Task<int> SettleAsync(TimeSpan limit, CancellationToken cancellation)
    {
        (int Messages, bool Waiting) last = (-1, true);
        long since = Stopwatch.GetTimestamp();
        await Readiness.WaitAsync(
            "the queues are worked off",
            async token =>
            {
                var now = await ReadAsync(token);
                if (now != last || now.Waiting) (last, since) = (now, Stopwatch.GetTimestamp());
                return Stopwatch.GetElapsedTime(since) >= Still;
            },
            limit, null, cancellation);
        return last.Messages;
    }

    /// <summary>Messages in the queues whose names end so, leased ones included.</summary>
    public async Task<int> CountAsync(string suffix, CancellationToken cancellation)
    {
        int messages = 0;
        await foreach (var item in _account.GetQueuesAsync(cancellationToken: cancellation))
            if (item.Name.EndsWith(suffix, StringComparison.Ordinal)) messages += (await _account.GetQueueClient(item.Name).GetPropertiesAsync(cancellation)).Value.ApproximateMessagesCount;
        return messages;
    }

    private async Task<(int Messages, bool Waiting)> ReadAsync(CancellationToken cancellation)
    {
        int messages = 0;
        bool waiting = false;
        await foreach (var item in _account.GetQueuesAsync(cancellationToken: cancellation))
        {
            QueueClient queue = _account.GetQueueClient(item.Name);
            messages += (await queue.GetPropertiesAsync(cancellation)).Value.ApproximateMessagesCount;
            waiting |= (await queue.PeekMessagesAsync(1, cancellation)).Value.Length > 0;
        }

        return (messages, waiting);
    }
}
