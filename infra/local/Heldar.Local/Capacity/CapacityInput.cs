namespace Heldar.Local.Capacity;

/// <summary>A fleet, and what its boxes tell.</summary>
internal sealed record CapacityInput
{
    /// <summary>1 to 1,000,000.</summary>
    public int Boxes { get; init; } = 100;

    /// <summary>Per box, 1 to 4096.</summary>
    public int Cameras { get; init; } = 8;

    /// <summary>Of one camera, Mbit/s.</summary>
    public double Megabits { get; init; } = 4;

    /// <summary>Length of a segment, 2 to 300 s.</summary>
    public double SegmentSeconds { get; init; } = 30;

    /// <summary>How long an event waits for others, s: 1, or 10 in the economy profile.</summary>
    public double FlushSeconds { get; init; } = 1;

    /// <summary>Frames with something in them, per camera and hour.</summary>
    public double DetectionsPerHour { get; init; } = 60;

    /// <summary>Zone events and gaps, per camera and hour.</summary>
    public double ZonesPerHour { get; init; } = 6;

    /// <summary>Per camera and hour.</summary>
    public double SnapshotsPerHour { get; init; } = 2;

    /// <summary>Changes of a camera's condition, per camera and hour.</summary>
    public double StatesPerHour { get; init; } = 0.5;

    /// <summary>Time between two status events of a box that records, s.</summary>
    public double StatusSeconds { get; init; } = 2;

    /// <summary>Holds and their ends, per camera and month.</summary>
    public double HoldsPerMonth { get; init; } = 1;

    /// <summary>How long boxes keep footage, days; the index keeps a record of as much.</summary>
    public double RetentionDays { get; init; } = 30;

    /// <summary>Messages that one instance of the functions handles per second and function.</summary>
    public double MessagesPerInstance { get; init; } = 150;

    /// <summary>From receiving a message to its commit, s.</summary>
    public double HandlerSeconds { get; init; } = 0.03;

    /// <summary>What is out of range; empty when nothing is.</summary>
    public IReadOnlyList<string> Mistakes()
    {
        List<string> found = [];
        if (Boxes is < 1 or > 1_000_000) found.Add("boxes is 1 to 1,000,000");
        if (Cameras is < 1 or > 4096) found.Add("cameras is 1 to 4096 per box");
        if (Megabits is not (> 0 and <= 1000)) found.Add("bitrate is more than 0 and at most 1000 Mbit/s");
        if (SegmentSeconds is not (>= 2 and <= 300)) found.Add("segments last 2 to 300 s");
        if (FlushSeconds is not (> 0 and <= 600)) found.Add("flush is more than 0 and at most 600 s");
        if (RetentionDays is not (> 0 and <= 3650)) found.Add("retention is more than 0 and at most 3650 days");
        if (new[] { DetectionsPerHour, ZonesPerHour, SnapshotsPerHour, StatesPerHour, HoldsPerMonth }.Any(r => r is not (>= 0 and <= 1e6))) found.Add("events per hour are 0 to 1,000,000");
        if (StatusSeconds is not (>= 0.1 and <= 3600)) found.Add("status is every 0.1 to 3600 s");
        if (MessagesPerInstance is not (> 0 and <= 1e6) || HandlerSeconds is not (> 0 and <= 600)) found.Add("messages per instance and handler seconds are more than 0");
        return found;
    }
}
