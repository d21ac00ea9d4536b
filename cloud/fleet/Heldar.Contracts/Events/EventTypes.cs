using Heldar.Contracts.Queues;

namespace Heldar.Contracts.Events;

/// <summary>What the pipeline knows about one event type.</summary>
/// <param name="Type">The CloudEvents type, with its version.</param>
/// <param name="Class">Outbox class on the box.</param>
/// <param name="Queue">Unsharded queue that carries it.</param>
/// <param name="OrderingKey">What orders two events about the same thing; the pipeline itself delivers unordered.</param>
/// <param name="Handler">Name of the handler that applies it.</param>
public sealed record EventType(string Type, EventClass Class, string Queue, OrderingKey OrderingKey, string Handler);

/// <summary>How a handler tells the newer of two events.</summary>
public enum OrderingKey
{
    /// <summary>Segment id and revision: the highest revision wins.</summary>
    SegmentRevision,

    /// <summary>Deletion of a camera's time range: applies to every segment in it, early or late.</summary>
    CameraRange,

    /// <summary>Gap id and revision.</summary>
    GapRevision,

    /// <summary>(bootSeq, seq) of the box: applied only if greater.</summary>
    BootSequence,

    /// <summary>Event id alone: applied once.</summary>
    EventId,
}

/// <summary>The one table of event types. An unknown type or version goes to the dead letters with its reason, never guessed.</summary>
public static class EventTypes
{
    public const string SegmentClosed = "heldar.segment.closed.v1";
    public const string SegmentRevised = "heldar.segment.revised.v1";
    public const string FootageDeleted = "heldar.footage.deleted.v1";
    public const string Gap = "heldar.gap.v1";
    public const string Detection = "heldar.detection.v1";
    public const string Zone = "heldar.zone.v1";
    public const string SnapshotTaken = "heldar.snapshot.taken.v1";
    public const string CameraState = "heldar.camera.state.v1";
    public const string BoxStatus = "heldar.box.status.v1";
    public const string BoxDescribed = "heldar.box.described.v1";
    public const string HoldApplied = "heldar.hold.applied.v1";
    public const string HoldReleased = "heldar.hold.released.v1";

    /// <summary>All types, in the order of the table in ARCHITECTURE.md.</summary>
    public static IReadOnlyList<EventType> All { get; } =
    [
        new(SegmentClosed, EventClass.Segment, QueueNames.Segments, OrderingKey.SegmentRevision, "IndexSegments"),
        new(SegmentRevised, EventClass.Segment, QueueNames.Segments, OrderingKey.SegmentRevision, "IndexSegments"),
        new(FootageDeleted, EventClass.Segment, QueueNames.Segments, OrderingKey.CameraRange, "IndexSegments"),
        new(Gap, EventClass.Alert, QueueNames.Detections, OrderingKey.GapRevision, "IndexDetections"),
        new(Detection, EventClass.Alert, QueueNames.Detections, OrderingKey.EventId, "IndexDetections"),
        new(Zone, EventClass.Alert, QueueNames.Detections, OrderingKey.EventId, "IndexDetections"),
        new(SnapshotTaken, EventClass.Bulk, QueueNames.Snapshots, OrderingKey.EventId, "IndexSnapshots"),
        new(CameraState, EventClass.State, QueueNames.States, OrderingKey.BootSequence, "ApplyStates"),
        new(BoxStatus, EventClass.State, QueueNames.States, OrderingKey.BootSequence, "ApplyStates"),
        new(BoxDescribed, EventClass.State, QueueNames.Registrations, OrderingKey.BootSequence, "RegisterBox"),
        new(HoldApplied, EventClass.Evidence, QueueNames.Holds, OrderingKey.EventId, "ApplyHolds"),
        new(HoldReleased, EventClass.Evidence, QueueNames.Holds, OrderingKey.EventId, "ApplyHolds"),
    ];

    private static readonly Dictionary<string, EventType> ByName = All.ToDictionary(t => t.Type, StringComparer.Ordinal);

    /// <summary>Looks a type up; false for anything that is not in the table.</summary>
    public static bool TryGet(string? type, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out EventType? known)
    {
        known = null;
        return type is not null && ByName.TryGetValue(type, out known);
    }

    /// <summary>Looks up a type that the caller knows to be in the table.</summary>
    public static EventType Get(string type) => ByName[type];
}
