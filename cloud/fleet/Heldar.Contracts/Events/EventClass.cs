namespace Heldar.Contracts.Events;

/// <summary>
/// The outbox class of an event. Lower values are sent first. Batches are numbered per (box, class), so a class is also the unit of watermarks.
/// </summary>
public enum EventClass
{
    /// <summary>Holds and other evidence; flushed at once.</summary>
    Evidence = 0,

    /// <summary>Gaps, detections, zone events: somebody may be waiting for it.</summary>
    Alert = 1,

    /// <summary>Camera state and box status; only the newest matters.</summary>
    State = 2,

    /// <summary>Segments closed, revised, deleted.</summary>
    Segment = 3,

    /// <summary>Snapshots and other bulk.</summary>
    Bulk = 4,
}
