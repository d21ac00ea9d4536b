using Heldar.Contracts.Queues;

namespace Heldar.Local.Capacity;

/// <summary>What the model says of a run, by the names of the figures that are measured. Made of the plan alone. Pure.</summary>
internal static class CheckPrediction
{
    /// <summary>Every figure, in the order in which it is shown.</summary>
    public static IReadOnlyDictionary<string, double> Of(CheckPlan plan)
    {
        // Constants are today's, whatever a kept plan was written with.
        CapacityInput input = plan.Load with { CpuSeconds = Calibration.FunctionsCpuSeconds, HandlerSeconds = Calibration.HandlerSeconds };

        // One host asks every queue, whatever comes.
        List<QueueLoad> queues = [.. Workload.Of(input).Select(q => q with { Instances = 1, FetchesPerSecond = new Polling(q.MessagesPerSecond, Calibration.FetchSeconds).FetchesPerSecond })];
        OperationRates rates = CapacityModel.Rates(input, queues, 1, timers: true);
        double idle = (Operations.PolledQueues - queues.Count) * new Polling(0, Calibration.FetchSeconds).FetchesPerSecond;
        double messages = queues.Sum(q => q.MessagesPerSecond), boxes = input.Boxes, cameras = input.Cameras;

        // No camera-hour ends in a run, and the boxes' access is not renewed.
        double folds = boxes * cameras / 3600 * (Operations.FoldsPerCameraHour + (Operations.CoverageEntriesPerCameraHour / Operations.CoverageEntriesPerWrite));
        Dictionary<string, double> all = new(StringComparer.Ordinal);
        foreach (string name in (string[])[QueueNames.Segments, QueueNames.Detections, QueueNames.Snapshots, QueueNames.States, QueueNames.Holds, QueueNames.Fanout, QueueNames.Webhooks])
            all[$"messages_per_second.{name}"] = queues.Single(q => q.Queue == name).MessagesPerSecond;
        all["messages_per_second"] = messages;
        all["executions_per_second.queues"] = messages;
        all["executions_per_minute.timers"] = Operations.TimerRunsPerSecond * 60;
        all["queue_requests_per_second.put_and_delete"] = messages * Operations.RequestsPerMessage;
        all["queue_requests_per_second.get"] = queues.Sum(q => q.FetchesPerSecond) + idle;
        all["queue_requests_per_second.poison"] = Operations.DrainRequestsPerSecond;
        all["queue_requests_per_message"] = (rates.QueueRequests + idle) / messages;
        all["blob_requests_per_minute.timers"] = Operations.TimerBlobRequestsPerMinute;
        all["database_writes_per_second"] = rates.DatabaseWrites - folds;
        foreach (var (name, perSecond) in Events(input)) all[$"rows_per_second.{name}"] = boxes * perSecond;
        all["row_bytes.segment_landing"] = Calibration.LandingRow;
        all["row_bytes.detection"] = Calibration.DetectionRow;
        all["row_bytes.zone_event"] = Calibration.ZoneRow;
        all["row_bytes.snapshot"] = Calibration.SnapshotRow;
        all["row_bytes.gap"] = Calibration.GapRow;
        all["row_bytes.delivery"] = Calibration.DeliveryRows;
        all["outgoing_body_bytes_per_delivery"] = Calibration.DeliveryBytes;
        foreach (string name in (string[])[QueueNames.Segments, QueueNames.Detections])
        {
            QueueLoad load = queues.Single(q => q.Queue == name);
            all[$"latency_p50_seconds.{name}"] = Workload.Latency(load, input, 1, 0.5);
            all[$"latency_p95_seconds.{name}"] = Workload.Latency(load, input, 1, 0.95);
        }

        all["functions_cpu_ms_per_message"] = input.CpuSeconds * 1000;
        all["folded_camera_hours"] = boxes * cameras;
        all["manifest_writes_per_camera_hour"] = Operations.BlobWritesPerManifest;
        all["manifest_bytes_per_segment"] = Calibration.ManifestSegment;
        all["row_bytes.coverage"] = Calibration.CoverageRow;
        all["row_bytes.camera_hour"] = Calibration.SpanRow + (Calibration.PackedSegment * plan.PastSegments);
        return all;
    }

    private static IEnumerable<(string Name, double PerSecond)> Events(CapacityInput input) =>
    [
        ("segment_landing", input.Cameras / input.SegmentSeconds),
        ("tombstone", input.Cameras / Math.Max(input.SegmentSeconds, Operations.SweepSeconds)),
        ("detection", input.Cameras * input.DetectionsPerHour / 3600),
        ("zone_event", input.Cameras * input.ZonesPerHour / 3600),
        ("gap", input.Cameras * input.GapsPerHour / 3600),
        ("snapshot", input.Cameras * input.SnapshotsPerHour / 3600),
        ("delivery", input.Cameras * input.ZonesPerHour / 3600 * input.Webhooks),
    ];
}
