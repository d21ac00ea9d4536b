using System.Security.Cryptography;
using System.Text.Json;
using Heldar.Cloud.Queues;
using Heldar.Cloud.Traces;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>Turns events into deliveries: one for each enabled endpoint that wants it; what disabled ones want is kept for a replay. A repeat makes none, and puts those into the queue again that nobody has tried yet. Thread-safe.</summary>
public sealed class FanOuter(QueueStore queues, DeliveryStore store, Subscriptions subscriptions, IClock clock, string shard)
{
    private readonly string _from = QueueNames.InShard(QueueNames.Fanout, shard);
    private readonly string _queue = QueueNames.InShard(QueueNames.Webhooks, shard);

    /// <summary>Applies one message of queue <c>fanout</c>. Throws <see cref="JsonException"/> for what is none.</summary>
    public async Task RunAsync(ReadOnlyMemory<byte> body, CancellationToken cancellation)
    {
        var message = FanOutMessage.Parse(body.Span);
        var events = message.Stored is { } key && await store.FindEventAsync(message.Tenant, Convert.FromHexString(key), cancellation) is { } bytes
            ? [JsonSerializer.Deserialize<CloudEvent>(bytes, HeldarJson.Options)!]
            : message.Events;
        var all = await subscriptions.OfAsync(message.Tenant, cancellation);
        var wanted = events.Where(all.Keeps).Select(e => (Event: e, To: all.Matching(e).ToList())).ToList();
        if (wanted.Count == 0) return;
        using var span = PipelineTraces.Process(_from, [.. wanted.Select(w => w.Event)]);
        var now = clock.GetCurrentInstant();
        await store.KeepAsync(message.Tenant, [.. wanted.Select(w => w.Event)], now, cancellation);
        var rows = wanted.SelectMany(w => w.To.Select(s => new NewDelivery(IdOf(w.Event, s.Id), s.Endpoint, s.Id, s.Ordered, EventFacts.KeyOf(w.Event)))).ToList();
        if (rows.Count == 0) return;
        var (added, due) = await store.AddAsync(message.Tenant, rows, now, cancellation);
        WebhookMetrics.Fanned(added);
        foreach (var open in due) await queues.SendAsync(_queue, new DeliveryMessage(message.Tenant, open.Endpoint, open.Delivery, message.Applied).ToBytes(), TimeSpan.Zero, cancellation);
    }

    /// <summary>The delivery's id, which is its webhook-id: the same for the same event and subscription, whoever computes it.</summary>
    internal static string IdOf(CloudEvent one, Guid subscription) =>
        "msg_" + Convert.ToHexStringLower(SHA256.HashData([.. EventFacts.KeyOf(one), .. subscription.ToByteArray(bigEndian: true)]))[..40];
}
