using System.Diagnostics;
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
        await Readiness.WaitAsync(
            "the queues are worked off",
            async token =>
            {
                var now = await ReadAsync(suffix, token);
                if (now != last || now.Waiting) (last, since) = (now, Stopwatch.GetTimestamp());
                return Stopwatch.GetElapsedTime(since) >= Still;
            },
            limit, null, cancellation);
        return last.Messages;
    }

    /// <summary>Waits until the queues hold nothing at all, leases included.</summary>
    public Task EmptyAsync(TimeSpan limit, string suffix, CancellationToken cancellation) =>
        Readiness.WaitAsync("the queues are empty", async token => (await ReadAsync(suffix, token)).Messages == 0, limit, null, cancellation);

    private async Task<(int Messages, bool Waiting)> ReadAsync(string suffix, CancellationToken cancellation)
    {
        int messages = 0;
        bool waiting = false;
        await foreach (var item in _account.GetQueuesAsync(cancellationToken: cancellation))
        {
            if (!item.Name.EndsWith(suffix, StringComparison.Ordinal) && !item.Name.EndsWith(QueueNames.Poison(suffix), StringComparison.Ordinal)) continue;
            QueueClient queue = _account.GetQueueClient(item.Name);
            messages += (await queue.GetPropertiesAsync(cancellation)).Value.ApproximateMessagesCount;
            waiting |= (await queue.PeekMessagesAsync(1, cancellation)).Value.Length > 0;
        }

        return (messages, waiting);
    }
}
