using Heldar.Contracts.Queues;

namespace Heldar.Local.Capacity;

/// <summary>One queue's share.</summary>
/// <param name="Queue">Unsharded name.</param>
/// <param name="EventsPerSecond">Of the whole fleet.</param>
/// <param name="MessagesPerSecond">Of the whole fleet.</param>
/// <param name="Instances">Of the function behind it, all shards together.</param>
internal sealed record QueueLoad(string Queue, double EventsPerSecond, double MessagesPerSecond, int Instances);

/// <summary>What a month costs, by part.</summary>
internal sealed record MonthlyCost(double Queues, double Blobs, double Functions, double Database, double Fleet)
{
    public double Total => Queues + Blobs + Functions + Database + Fleet;
}

/// <summary>What a fleet needs.</summary>
internal sealed record CapacityResult
{
    public required CapacityInput Input { get; init; }

    public required IReadOnlyList<QueueLoad> Queues { get; init; }

    public required double MessagesPerSecond { get; init; }

    /// <summary>Storage accounts, and as many deployments of the functions.</summary>
    public required int Shards { get; init; }

    /// <summary>Instances of functions, all shards together.</summary>
    public required int Instances { get; init; }

    /// <summary>Replicas of the fleet service.</summary>
    public required int FleetReplicas { get; init; }

    /// <summary>From an event on the box to its commit, s.</summary>
    public required double LatencyP50Seconds { get; init; }

    public required double LatencyP95Seconds { get; init; }

    /// <summary>Steady state, GB (10⁹ bytes).</summary>
    public required double DatabaseGb { get; init; }

    public required double ManifestGb { get; init; }

    /// <summary>Footage on each box, TB (10¹² bytes).</summary>
    public required double BoxTb { get; init; }

    /// <summary>The smallest database that is enough; null when none is.</summary>
    public required DatabaseSize? Database { get; init; }

    public required MonthlyCost Cost { get; init; }

    public required double CostPerCameraMonth { get; init; }

    /// <summary>Limits that do not hold; empty when it can be built so.</summary>
    public required IReadOnlyList<string> Obstacles { get; init; }
}

/// <summary>
/// The arithmetic. A queue's batch opens with its first event and closes after the flush time, so that a box with λ events per second in one stream makes
/// λ ÷ (1 + λ × flush) messages, or as many as 32 KiB each ask for, whichever is more; evidence is never waited for. Pure.
/// </summary>
internal static class CapacityModel
{
    private const double BatchBytes = 32 * 1024;
    private const double Gb = 1e9;

    // Bytes of an event in a batch; as the boxes make them.
    private const double SegmentBytes = 900, DetectionBytes = 800, ZoneBytes = 700, SnapshotBytes = 650, StateBytes = 500, StatusBytesPerCamera = 230, HoldBytes = 700;

    // Bytes of a row with its index entries in PostgreSQL, and of a segment in a manifest.
    private const double LandingRow = 520, SpanRow = 620, PackedSegment = 8, DetectionRow = 700, ZoneRow = 420, SnapshotRow = 330, CameraRow = 900, ManifestSegment = 560;

    // Landing holds what is not folded yet: the hour, its settling, and the space until vacuum; detections stay 30 days, zones and stills 90.
    private const double LandingHours = 2.5, DetectionDays = 30, EventDays = 90;
    private const int BoxesPerReplica = 2000;
    private const double InstanceGb = 2;

    /// <summary>Messages per second of one stream of one box.</summary>
    /// <param name="events">Events per second.</param>
    /// <param name="bytes">Of one event.</param>
    /// <param name="flush">Seconds that an event waits for others.</param>
    public static double Messages(double events, double bytes, double flush) => Math.Max(events / (1 + (events * flush)), events * bytes / BatchBytes);

    /// <summary>
    /// The same for an event that comes every <paramref name="period"/> seconds, and <paramref name="others"/> per second that come at any time: these ride along
    /// while a batch is open.
    /// </summary>
    public static double Messages(double period, double bytes, double others, double flush)
    {
        double batches = 1 / (period * (Math.Floor(flush / period) + 1));
        return Math.Max(batches + (Messages(others, 0, flush) * Math.Max(0, 1 - (batches * flush))), bytes / period / BatchBytes);
    }

    public static CapacityResult Of(CapacityInput input, Prices prices)
    {
        double cameras = (double)input.Boxes * input.Cameras;
        double segments = input.Cameras / input.SegmentSeconds;
        List<QueueLoad> queues =
        [
            // Each segment is told twice: when it closes, and when it is deleted.
            Load(input, QueueNames.Segments, (segments * 2, SegmentBytes)),
            Load(input, QueueNames.Detections, (PerHour(input, input.DetectionsPerHour), DetectionBytes), (PerHour(input, input.ZonesPerHour), ZoneBytes)),
            Load(input, QueueNames.Snapshots, (PerHour(input, input.SnapshotsPerHour), SnapshotBytes)),
            States(input),
            Load(input with { FlushSeconds = 0 }, QueueNames.Holds, (input.Cameras * input.HoldsPerMonth * 2 / prices.SecondsPerMonth, HoldBytes)),
        ];
        double messages = queues.Sum(q => q.MessagesPerSecond);

        // Put, delete, and its part of a get.
        double requests = messages * (2 + (1.0 / Limits.MessagesPerGet));
        int shards = Math.Max(1, (int)Math.Ceiling(Math.Max(queues.Max(q => q.MessagesPerSecond) / Limits.QueueMessagesPerSecond, requests / Limits.AccountRequestsPerSecond) / Limits.Headroom));
        int instances = queues.Sum(q => Math.Max(q.Instances, q.MessagesPerSecond > 0 ? shards : 0));
        int replicas = Math.Max(2, (int)Math.Ceiling((double)input.Boxes / BoxesPerReplica));
        double hours = input.RetentionDays * 24;
        double spanBytes = SpanRow + (PackedSegment * 3600 / input.SegmentSeconds);
        double database = cameras * (CameraRow + (hours * spanBytes) + (LandingHours * 3600 / input.SegmentSeconds * LandingRow)
            + (24 * ((DetectionDays * input.DetectionsPerHour * DetectionRow) + (EventDays * ((input.ZonesPerHour * ZoneRow) + (input.SnapshotsPerHour * SnapshotRow)))))) / Gb;
        double manifests = cameras * hours * 3600 / input.SegmentSeconds * ManifestSegment / Gb;
        DatabaseSize? size = prices.Database.Sizes.FirstOrDefault(s => s.CommitsPerSecond * Limits.Headroom >= messages);
        MonthlyCost cost = Cost(input, prices, (messages, requests, instances, replicas), (database, manifests), size);
        double wait = Math.Min(Limits.PollSeconds, 1 / Math.Max(messages / shards, 1e-9));
        return new CapacityResult
        {
            Input = input,
            Queues = queues,
            MessagesPerSecond = messages,
            Shards = shards,
            Instances = instances,
            FleetReplicas = replicas,
            DatabaseGb = database,
            ManifestGb = manifests,
            BoxTb = input.Cameras * input.Megabits * 1e6 / 8 * input.RetentionDays * 86_400 / 1e12,
            Database = size,
            Cost = cost,
            CostPerCameraMonth = cost.Total / cameras,
            LatencyP50Seconds = input.FlushSeconds + (wait / 2) + input.HandlerSeconds,
            LatencyP95Seconds = input.FlushSeconds + wait + (2 * input.HandlerSeconds),
            Obstacles = Obstacles(queues, shards, size, messages),
        };
    }

    private static QueueLoad States(CapacityInput input)
    {
        double others = PerHour(input, input.StatesPerHour);
        double bytes = StateBytes + (StatusBytesPerCamera * input.Cameras);
        return Load(input, QueueNames.States, (1 / input.StatusSeconds) + others, Messages(input.StatusSeconds, bytes, others, input.FlushSeconds));
    }

    private static QueueLoad Load(CapacityInput input, string queue, params IReadOnlyList<(double PerSecond, double Bytes)> events)
    {
        double perSecond = events.Sum(e => e.PerSecond);
        double bytes = perSecond == 0 ? 0 : events.Sum(e => e.PerSecond * e.Bytes) / perSecond;
        return Load(input, queue, perSecond, Messages(perSecond, bytes, input.FlushSeconds));
    }

    private static QueueLoad Load(CapacityInput input, string queue, double perSecond, double messagesOfBox)
    {
        double messages = input.Boxes * messagesOfBox;
        double perInstance = Math.Min(input.MessagesPerInstance, Limits.MessagesInHand / input.HandlerSeconds);
        return new(queue, input.Boxes * perSecond, messages, (int)Math.Ceiling(messages / (perInstance * Limits.Headroom)));
    }

    private static double PerHour(CapacityInput input, double events) => input.Cameras * events / 3600;

    private static MonthlyCost Cost(CapacityInput input, Prices prices, (double Messages, double Requests, int Instances, int Replicas) load, (double Database, double Manifests) gb, DatabaseSize? size)
    {
        double seconds = prices.SecondsPerMonth;
        double manifests = (double)input.Boxes * input.Cameras * prices.HoursPerMonth;
        return new(
            Queues: load.Requests * seconds / 10_000 * prices.Storage.QueueOperationsPer10k,
            Blobs: (manifests * 2 / 10_000 * prices.Storage.BlobWritesPer10k) + (gb.Manifests * prices.Storage.BlobGbMonth),
            Functions: (load.Instances * InstanceGb * seconds * prices.Functions.GbSecond) + (load.Messages * seconds / 1e6 * prices.Functions.ExecutionsPerMillion),
            Database: (size?.Month ?? prices.Database.Sizes[^1].Month) + (gb.Database * prices.Database.GbMonth),
            Fleet: load.Replicas * seconds * (prices.Containers.VCpuSecond + (2 * prices.Containers.GibSecond)));
    }

    private static List<string> Obstacles(List<QueueLoad> queues, int shards, DatabaseSize? size, double messages)
    {
        List<string> found = [];
        if (size is null) found.Add(FormattableString.Invariant($"no database of the price file takes {messages:0} commits/s at {Limits.Headroom:P0}: use the economy profile, or a database per group of tenants"));
        if ((queues.Sum(q => q.Instances) + shards - 1) / shards > Limits.Instances) found.Add($"more than {Limits.Instances} instances in one app: more shards than the queues ask for");
        return found;
    }
}
