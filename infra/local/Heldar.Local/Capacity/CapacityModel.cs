using Heldar.Contracts.Queues;

namespace Heldar.Local.Capacity;

/// <summary>
/// The arithmetic: a fleet's messages (<see cref="Workload"/>), what each costs in requests, executions, transactions and bytes (<see cref="Operations"/>), and what that needs
/// by the platform's limits and costs by the price file. What was measured and not counted is <see cref="Calibration"/>. Pure.
/// </summary>
internal static class CapacityModel
{
    // Landing holds what is not folded yet: the hour, its settling, and the space until vacuum. Days that tables keep: DayTable; deliveries: DeliveryStore.
    private const double LandingHours = 2.5, DetectionDays = 30, EventDays = 90, CoverageDays = 400, DeliveryDays = 30;

    // Heartbeats, grants and tunnels that one replica of 1 core serves: an assumption.
    private const int BoxesPerReplica = 2000;
    private const double Gb = 1e9;

    public static CapacityResult Of(CapacityInput input, Prices prices)
    {
        IReadOnlyList<QueueLoad> loads = Workload.Of(input);
        double messages = loads.Sum(q => q.MessagesPerSecond);

        // Gets are few beside puts and deletes where many messages come, and the limit is about many.
        double busy = messages * (Operations.RequestsPerMessage + (1.0 / Limits.MessagesPerGet));
        int shards = Math.Max(1, (int)Math.Ceiling(Math.Max(loads.Max(q => q.MessagesPerSecond) / Limits.QueueMessagesPerSecond, busy / Limits.AccountRequestsPerSecond) / Limits.Headroom));
        List<QueueLoad> queues = [.. loads.Select(q => Staffed(q, input, shards))];
        int instances = queues.Sum(q => q.Instances);
        int replicas = Math.Max(1, (int)Math.Ceiling((double)input.Boxes / BoxesPerReplica));
        OperationRates rates = Rates(input, queues, shards, timers: true);
        double database = DatabaseGb(input), manifests = ManifestGb(input);
        double connections = (instances + replicas) * Limits.ConnectionsPerProcess;
        DatabaseSize? size = prices.Database.Sizes.FirstOrDefault(s => s.CommitsPerSecond * Limits.Headroom >= rates.DatabaseWrites);

        // An instance is paid for while it works: where few messages come, for the least time of each.
        double active = queues.Sum(q => Math.Min(q.Instances, q.MessagesPerSecond * Limits.BilledSeconds));
        MonthlyCost cost = Cost(prices, rates, active, replicas, (database, manifests), size);
        return new CapacityResult
        {
            Input = input,
            Queues = queues,
            MessagesPerSecond = messages,
            Shards = shards,
            Instances = instances,
            FleetReplicas = replicas,
            Rates = rates,
            DatabaseGb = database,
            ManifestGb = manifests,
            BoxTb = input.Cameras * input.Megabits * 1e6 / 8 * input.RetentionDays * 86_400 / 1e12,
            Database = size,
            Cost = cost,
            CostPerCameraMonth = cost.Total / ((double)input.Boxes * input.Cameras),
            LatencyP50Seconds = Latency(queues, input, 0.5),
            LatencyP95Seconds = Latency(queues, input, 0.95),
            Obstacles = Obstacles(queues, shards, replicas, connections, size, rates.DatabaseWrites),
        };
    }

    /// <summary>What a second costs in operations.</summary>
    /// <param name="input">The fleet.</param>
    /// <param name="queues">With their fetches.</param>
    /// <param name="shards">Each with timers of its own.</param>
    /// <param name="timers">Whether folding, coverage and the hosts' timers count; without them, boxes and messages alone do.</param>
    public static OperationRates Rates(CapacityInput input, IReadOnlyList<QueueLoad> queues, int shards, bool timers)
    {
        double boxes = input.Boxes, messages = queues.Sum(q => q.MessagesPerSecond), fanned = Of(queues, QueueNames.Fanout), delivered = Of(queues, QueueNames.Webhooks);
        double hours = timers ? boxes * input.Cameras / 3600 : 0;
        double runs = timers ? Operations.TimerRunsPerSecond * shards : 0;
        double writes = ((messages - fanned - delivered) * Operations.WritesPerBoxMessage) + (fanned * Operations.WritesPerFanOut) + (delivered * Operations.WritesPerDelivery)
            + (boxes * Operations.WritesPerHeartbeat / Operations.HeartbeatSeconds) + (input.Tunnels ? boxes / Operations.TunnelSeconds : 0)
            + (timers ? Operations.TimerWritesPerSecond(shards) + (Operations.WritesPerBusyMinute / 60) : 0)
            + (hours * (Operations.FoldsPerCameraHour + (Operations.CoverageEntriesPerCameraHour / Operations.CoverageEntriesPerWrite)));
        return new OperationRates(
            QueueRequests: (messages * Operations.RequestsPerMessage) + queues.Sum(q => q.FetchesPerSecond) + (timers ? shards * Operations.DrainRequestsPerSecond : 0),
            BlobWrites: (hours * Operations.BlobWritesPerManifest) + (boxes / Operations.GrantSeconds) + (timers ? shards * Operations.TimerBlobRequestsPerMinute / 60 : 0),
            BlobReads: hours * Operations.BlobReadsPerManifest,
            Executions: messages + runs,
            TimerExecutions: runs,
            DatabaseWrites: writes,
            OutgoingBytes: delivered * (Calibration.DeliveryBytes + Calibration.DeliveryHeaderBytes));
    }

    /// <summary>The instances of a queue's function and how often they ask it; none where nothing comes, for such an app sleeps.</summary>
    private static QueueLoad Staffed(QueueLoad load, CapacityInput input, int shards)
    {
        int instances = load.MessagesPerSecond > 0 ? Math.Max(shards, (int)Math.Ceiling(load.MessagesPerSecond / (input.MessagesPerInstance * Limits.Headroom))) : 0;
        double fetches = instances == 0 ? 0 : instances * new Polling(load.MessagesPerSecond / instances, Calibration.FetchSeconds).FetchesPerSecond;
        return load with { Instances = instances, FetchesPerSecond = fetches };
    }

    private static double Of(IReadOnlyList<QueueLoad> queues, string name) => queues.Where(q => q.Queue == name).Sum(q => q.MessagesPerSecond);

    private static double Latency(List<QueueLoad> queues, CapacityInput input, double share) =>
        queues.Where(q => q.Queue is QueueNames.Segments or QueueNames.Detections && q.MessagesPerSecond > 0).Max(q => Workload.Latency(q, input, q.Instances, share));

    private static double DatabaseGb(CapacityInput input)
    {
        double hours = input.RetentionDays * 24, perDay = 24;
        double span = Calibration.SpanRow + (Calibration.PackedSegment * 3600 / input.SegmentSeconds);
        double events = (DetectionDays * input.DetectionsPerHour * Calibration.DetectionRow)
            + (EventDays * ((input.ZonesPerHour * Calibration.ZoneRow) + (input.SnapshotsPerHour * Calibration.SnapshotRow)))
            + (input.RetentionDays * input.GapsPerHour * Calibration.GapRow)
            + (DeliveryDays * input.ZonesPerHour * input.Webhooks * Calibration.DeliveryRows)
            + (CoverageDays * Calibration.CoverageRow);
        double told = input.DetectionsPerHour + input.ZonesPerHour + input.GapsPerHour + input.SnapshotsPerHour + (3600 / input.SegmentSeconds);
        double letters = EventDays * told * input.DeadLetterShare * Calibration.DetectionRow;
        double camera = Calibration.CameraRow + (hours * span) + (LandingHours * 3600 / input.SegmentSeconds * Calibration.LandingRow) + (perDay * (events + letters));
        return (double)input.Boxes * input.Cameras * camera / Gb;
    }

    private static double ManifestGb(CapacityInput input) =>
        (double)input.Boxes * input.Cameras * input.RetentionDays * 24 * 3600 / input.SegmentSeconds * Calibration.ManifestSegment / Gb;

    private static MonthlyCost Cost(Prices prices, OperationRates rates, double active, int replicas, (double Database, double Manifests) gb, DatabaseSize? size)
    {
        double seconds = prices.SecondsPerMonth;
        double timers = rates.TimerExecutions * Limits.BilledSeconds * Limits.InstanceGb;
        return new(
            Queues: rates.QueueRequests * seconds / 10_000 * prices.Storage.QueueOperationsPer10k,
            Blobs: (rates.BlobWrites * seconds / 10_000 * prices.Storage.BlobWritesPer10k) + (rates.BlobReads * seconds / 10_000 * prices.Storage.BlobReadsPer10k) + (gb.Manifests * prices.Storage.BlobGbMonth),
            Functions: (((active * Limits.InstanceGb) + timers) * seconds * prices.Functions.GbSecond) + (rates.Executions * seconds / 1e6 * prices.Functions.ExecutionsPerMillion),
            Database: (size?.Month ?? prices.Database.Sizes[^1].Month) + (gb.Database * prices.Database.GbMonth),
            Fleet: replicas * seconds * (prices.Containers.VCpuSecond + (2 * prices.Containers.GibSecond)),
            Outgoing: rates.OutgoingBytes * seconds / Gb * prices.Network.OutgoingGb);
    }

    private static List<string> Obstacles(List<QueueLoad> queues, int shards, int replicas, double connections, DatabaseSize? size, double writes)
    {
        List<string> found = [];
        if (size is null) found.Add(FormattableString.Invariant($"no database of the price file takes {writes:0} commits/s at {Limits.Headroom:P0}: use the economy profile, or a database per group of tenants"));
        else if (connections > size.Connections)
            found.Add(FormattableString.Invariant($"{connections:0} connections may be opened ({Limits.ConnectionsPerProcess} per process), and {size.Name} takes {size.Connections}: a connection pooler, or a smaller Maximum Pool Size"));
        if ((queues.Sum(q => q.Instances) + shards - 1) / shards > Limits.Instances) found.Add($"more than {Limits.Instances} instances in one app: more shards than the queues ask for");
        if (replicas > 1) found.Add($"{replicas} replicas of the fleet: they must reach each other by address, and Container Apps gives a replica none");
        return found;
    }
}
