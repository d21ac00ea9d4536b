using System.Collections.Concurrent;
using System.Collections.Frozen;
using System.Diagnostics;

namespace Heldar.Edge.Uplink;

/// <summary>
/// Spans of events on their way out, named as OpenTelemetry names those of messaging and CloudEvents. Where an event came from is remembered in memory only,
/// and only while somebody listens: after a restart, or when thousands of younger ones wait, it carries no trace. Thread-safe.
/// </summary>
internal static class UplinkTraces
{
    private const int Remembered = 4096;
    private const int MaxLinks = 32;
    private static readonly ActivitySource Source = new("Heldar.Edge.Uplink");
    private static readonly ConcurrentDictionary<string, ActivityContext> Origins = new(StringComparer.Ordinal);

    // Oldest first: what never goes out, as states that a newer one replaced, makes room in its turn.
    private static readonly ConcurrentQueue<string> Order = new();

    /// <summary>An event is appended: within what is going on, or as the beginning of a trace of its own.</summary>
    public static void Appended(string eventId, string type)
    {
        using var span = Source.StartActivity("outbox.append", ActivityKind.Producer);
        if (span is null) return;
        span.SetTag("messaging.operation.type", "create").SetTag("cloudevents.event_id", eventId).SetTag("cloudevents.event_type", type);
        Origins[eventId] = span.Context;
        Order.Enqueue(eventId);
        if (Order.Count > Remembered && Order.TryDequeue(out var oldest)) Origins.TryRemove(oldest, out _);
    }

    /// <summary>Where the events of a batch came from, by event id.</summary>
    public static IReadOnlyDictionary<string, ActivityContext> Take(IEnumerable<OutboxEvent> events)
    {
        if (Origins.IsEmpty) return FrozenDictionary<string, ActivityContext>.Empty;
        var origins = new Dictionary<string, ActivityContext>(StringComparer.Ordinal);
        foreach (var one in events)
            if (Origins.TryRemove(one.EventId, out var origin)) origins[one.EventId] = origin;
        return origins;
    }

    /// <summary>A message is put: within the trace of its first event, with links to the others.</summary>
    public static Activity? Put(SealedBatch batch)
    {
        var links = batch.Origins.Skip(1).Take(MaxLinks).Select(o => new ActivityLink(o));
        return Source.StartActivity("uplink.put", ActivityKind.Producer, batch.Origins.Count > 0 ? batch.Origins[0] : default, links: links)
            ?.SetTag("messaging.system", "azure_queue_storage").SetTag("messaging.operation.type", "send").SetTag("messaging.destination.name", batch.Queue)
            .SetTag("messaging.message.body.size", batch.Envelope.Length).SetTag("heldar.batch.class", batch.Class.ToString()).SetTag("heldar.batch.seq", batch.Seq);
    }
}
