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

    /// <summary>How long an event waits for others at most, s: 1, or 10 in the economy profile.</summary>
    public double FlushSeconds { get; init; } = 1;

    /// <summary>Frames with something in them, per camera and hour.</summary>
    public double DetectionsPerHour { get; init; } = 60;

    /// <summary>Zone events, per camera and hour.</summary>
    public double ZonesPerHour { get; init; } = 6;

    /// <summary>Gaps as they are told (opened and closed), per camera and hour.</summary>
    public double GapsPerHour { get; init; } = 0.2;

    /// <summary>Per camera and hour.</summary>
    public double SnapshotsPerHour { get; init; } = 2;

    /// <summary>Changes of a camera's condition, per camera and hour.</summary>
    public double StatesPerHour { get; init; } = 0.5;

    /// <summary>Time between two status events of a box that records, s.</summary>
    public double StatusSeconds { get; init; } = 2;

    /// <summary>Descriptions of a box, per day: its starts, and changes of its cameras.</summary>
    public double DescriptionsPerDay { get; init; } = 2;

    /// <summary>Holds and their ends, per camera and hour.</summary>
    public double HoldsPerHour { get; init; } = 2.0 / 730;

    /// <summary>Webhook endpoints that each want every zone event, 0 to 1000.</summary>
    public int Webhooks { get; init; } = 1;

    /// <summary>Attempts of a delivery beyond its first, on average.</summary>
    public double RetriesPerDelivery { get; init; } = 0.02;

    /// <summary>Copies that are put with a delay because of a fault, for each message.</summary>
    public double CopiesPerMessage { get; init; } = 0.001;

    /// <summary>Share of the events that become dead letters.</summary>
    public double DeadLetterShare { get; init; } = 0.0001;

    /// <summary>How long boxes keep footage, days; the index keeps a record of as much.</summary>
    public double RetentionDays { get; init; } = 30;

    /// <summary>Whether boxes hold a tunnel open, as they do where the fleet is reached by people.</summary>
    public bool Tunnels { get; init; } = true;

    /// <summary>Processor time of the functions for a message, s.</summary>
    public double CpuSeconds { get; init; } = Calibration.FunctionsCpuSeconds;

    /// <summary>From fetching a message to its commit, s.</summary>
    public double HandlerSeconds { get; init; } = Calibration.HandlerSeconds;

    /// <summary>Messages that one instance handles per second and function: as its processor or the messages in hand allow.</summary>
    public double MessagesPerInstance => Math.Min(Limits.InstanceCores / CpuSeconds, Limits.MessagesInHand / HandlerSeconds);

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
        if (new[] { DetectionsPerHour, ZonesPerHour, GapsPerHour, SnapshotsPerHour, StatesPerHour, HoldsPerHour, DescriptionsPerDay }.Any(r => r is not (>= 0 and <= 1e6))) found.Add("events per hour are 0 to 1,000,000");
        if (StatusSeconds is not (>= 0.1 and <= 3600)) found.Add("status is every 0.1 to 3600 s");
        if (Webhooks is < 0 or > 1000 || RetriesPerDelivery is not (>= 0 and <= 100)) found.Add("webhooks are 0 to 1000, with 0 to 100 retries");
        if (CopiesPerMessage is not (>= 0 and <= 1) || DeadLetterShare is not (>= 0 and <= 1)) found.Add("copies and dead letters are 0 to 1");
        if (CpuSeconds is not (> 0 and <= 60) || HandlerSeconds is not (> 0 and <= 600)) found.Add("processor and handler seconds are more than 0");
        return found;
    }
}
