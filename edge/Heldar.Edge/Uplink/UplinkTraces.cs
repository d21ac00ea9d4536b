using System.Collections.Concurrent;
using System.Diagnostics;

namespace Heldar.Edge.Uplink;

/// <summary>
/// Spans of events on their way out. Where an event came from is remembered in memory only, and only while somebody listens: after a restart, or beyond
/// the bound, its message is a trace of its own. Thread-safe.
/// </summary>
internal static class UplinkTraces
{
    private const int Remembered = 4096;
    private const int MaxLinks = 32;
    private static readonly ActivitySource Source = new("Heldar.Edge.Uplink");
    private static readonly ConcurrentDictionary<string, ActivityContext> Origins = new(StringComparer.Ordinal);

    /// <summary>An event is appended within what is going on.</summary>
    public static void Appended(string eventId, string type)
    {
        if (Activity.Current is null) return;
        using var span = Source.StartActivity("outbox.append");
        if (span is null) return;
        span.SetTag("heldar.event.type", type);
        if (Origins.Count < Remembered) Origins[eventId] = span.Context;
    }

    /// <summary>Where the events of a batch came from.</summary>
    public static IReadOnlyList<ActivityContext> Take(IEnumerable<OutboxEvent> events)
    {
        if (Origins.IsEmpty) return [];
        var origins = new List<ActivityContext>();
        foreach (var one in events)
            if (Origins.TryRemove(one.EventId, out var origin)) origins.Add(origin);
        return origins;
    }

    /// <summary>A message is put: within the trace of its first event, with links to the others.</summary>
    public static Activity? Put(SealedBatch batch)
    {
        var links = batch.Origins.Skip(1).Take(MaxLinks).Select(o => new ActivityLink(o));
        return Source.StartActivity("uplink.put", ActivityKind.Producer, batch.Origins.Count > 0 ? batch.Origins[0] : default, links: links)
            ?.SetTag("messaging.destination.name", batch.Queue).SetTag("heldar.batch.seq", batch.Seq);
    }
}
