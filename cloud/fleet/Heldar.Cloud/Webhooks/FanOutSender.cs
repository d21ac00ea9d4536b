using System.Text.Json;
using Heldar.Cloud.Queues;
using Heldar.Cloud.Traces;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>
/// Puts events that were applied into queue <c>fanout</c>, when somebody may want their type. Called after the transaction that applied them: when it fails, the
/// caller's message comes again, and what is sent twice is one delivery. Thread-safe.
/// </summary>
public sealed class FanOutSender(QueueStore queues, DeliveryStore store, Subscriptions subscriptions, IClock clock, string shard)
{
    /// <summary>Bytes of a message before base64, with room for its frame.</summary>
    private const int MaxBytes = 44 * 1024;

    private readonly string _queue = QueueNames.InShard(QueueNames.Fanout, shard);

    /// <summary>Sends what anybody may want, in as few messages as hold it.</summary>
    public async Task SendAsync(string tenant, IReadOnlyList<CloudEvent> events, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(events);
        if (events.Count == 0) return;
        var wanted = await subscriptions.OfAsync(tenant, cancellation);
        var applied = clock.GetCurrentInstant();
        List<CloudEvent> next = [];
        var size = 0;
        foreach (var one in events)
        {
            if (!wanted.Wants(one.Type) || TryWrite(one) is not { } bytes) continue;
            if (bytes.Length > MaxBytes)
            {
                await store.KeepAsync(tenant, [one], applied, cancellation);
                await PutAsync(new(tenant, [], Convert.ToHexStringLower(EventFacts.KeyOf(one)), applied), cancellation);
                continue;
            }

            if (size + bytes.Length > MaxBytes)
            {
                await PutAsync(new(tenant, next, null, applied), cancellation);
                (next, size) = ([], 0);
            }

            next.Add(one);
            size += bytes.Length + 1;
        }

        if (next.Count > 0) await PutAsync(new(tenant, next, null, applied), cancellation);
    }

    /// <summary>The event's bytes as they are sent and signed; null for one that can be read as JSON and not be written again (an escape that is no character).</summary>
    internal static byte[]? TryWrite(CloudEvent one)
    {
        try
        {
            return JsonSerializer.SerializeToUtf8Bytes(one, HeldarJson.Options);
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException or ArgumentException)
        {
            return null;
        }
    }

    private async Task PutAsync(FanOutMessage message, CancellationToken cancellation)
    {
        using var span = PipelineTraces.Send(_queue, Math.Max(1, message.Events.Count));
        await queues.SendAsync(_queue, message.ToBytes(), TimeSpan.Zero, cancellation);
    }
}
