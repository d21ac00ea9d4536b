using System.Data.Common;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Uplink;

/// <summary>
/// The durable outbox. Rooms append within their own transaction, so that an event exists exactly when what it tells has happened. Bounded:
/// waiting states are replaced by newer ones, and beyond the limit the oldest bulk and segment events leave. Called by the writer loop only.
/// </summary>
internal sealed class Outbox(UplinkOptions options, Pending pending, IClock clock) : IOutbox
{
    /// <summary>Largest data of one event in bytes.</summary>
    public const int MaxDataBytes = 4 * 1024 * 1024;

    public void Append(DbConnection tx, string eventType, string eventId, Guid? camera, Instant time, object data)
    {
        if (!EventTypes.TryGet(eventType, out var type)) throw new ArgumentException($"'{eventType}' is not an event type", nameof(eventType));
        var json = JsonSerializer.Serialize(data, HeldarJson.Options);
        if (json.Length > MaxDataBytes) throw new ArgumentException($"the data of {eventType} has {json.Length} bytes, the most is {MaxDataBytes}", nameof(data));
        var queue = new OutboxQueue(type.Class, type.Queue);
        var about = camera?.ToString("D");
        if (type.Class == EventClass.State) OutboxRows.Collapse(tx, eventType, about);
        if (OutboxRows.Backlog(tx).Events >= options.MaxEvents) OutboxRows.DropOldest(tx);
        OutboxRows.Insert(tx, queue, eventType, eventId, about, InstantText.Format(time), json);
        UplinkTraces.Appended(eventId, eventType);
        pending.Add(queue, clock.GetCurrentInstant(), json.Length + eventId.Length + eventType.Length + OutboxEvent.Frame);
    }
}

/// <summary>The outbox of a box that has no fleet: nobody will ever read it, so it keeps nothing.</summary>
internal sealed class NoOutbox : IOutbox
{
    public void Append(DbConnection tx, string eventType, string eventId, Guid? camera, Instant time, object data)
    {
        // Footage stays findable through the index; a fleet that is added later starts with what is recorded from then on.
    }
}
