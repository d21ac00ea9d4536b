using Heldar.Contracts.Queues;

namespace Heldar.Local.Capacity;

/// <summary>What a fleet tells: events and messages of each queue. Pure.</summary>
internal static class Workload
{
    /// <summary>Each queue's load, in the order in which a message wanders; copies that are put with a delay are included.</summary>
    public static IReadOnlyList<QueueLoad> Of(CapacityInput input)
    {
        double flush = input.FlushSeconds, cameras = input.Cameras;
        double closed = cameras / input.SegmentSeconds, deleted = cameras / Math.Max(input.SegmentSeconds, Operations.SweepSeconds);
        double seen = PerHour(input, input.DetectionsPerHour), zones = PerHour(input, input.ZonesPerHour), gaps = PerHour(input, input.GapsPerHour), stills = PerHour(input, input.SnapshotsPerHour);
        double alerts = seen + zones + gaps, states = PerHour(input, input.StatesPerHour), holds = PerHour(input, input.HoldsPerHour), described = input.DescriptionsPerDay / 86_400;
        double alertMessages = Batching.Messages(alerts, Mean((seen, Calibration.DetectionBytes), (zones, Calibration.ZoneBytes), (gaps, Calibration.GapBytes)), flush);
        // The deletions of a sweep come at once and are like one event, but for their bytes.
        double arrivals = closed + (1 / Math.Max(input.SegmentSeconds, Operations.SweepSeconds));
        double bytes = ((closed * Calibration.SegmentBytes) + (deleted * Calibration.DeletionBytes)) / arrivals;
        double deliveries = zones * input.Webhooks;
        return
        [
            Load(input, QueueNames.Segments, closed + deleted, Batching.Messages(arrivals, bytes, flush), arrivals, flush),
            Load(input, QueueNames.Detections, alerts, alertMessages, alerts, flush),
            Load(input, QueueNames.Snapshots, stills, Batching.Messages(stills, Calibration.SnapshotBytes, flush), stills, flush),
            Load(input, QueueNames.States, (1 / input.StatusSeconds) + states, Batching.StateMessages(input.StatusSeconds, states, flush), (1 / input.StatusSeconds) + states, flush),
            Load(input, QueueNames.Registrations, described, Batching.Messages(described, 0, flush), described, flush),
            Load(input, QueueNames.Holds, holds, Batching.Messages(holds, Calibration.HoldBytes, 0), holds, 0),
            Load(input, QueueNames.Fanout, input.Webhooks > 0 ? zones : 0, input.Webhooks > 0 ? alertMessages * Batching.ShareWith(zones, alerts, flush) : 0, 0, 0),
            Load(input, QueueNames.Webhooks, deliveries, deliveries * (1 + input.RetriesPerDelivery), 0, 0),
        ];
    }

    /// <summary>How long an event of a queue takes from its box's clock to the commit, s, at a share of all (0 to 1).</summary>
    /// <param name="load">The queue.</param>
    /// <param name="input">The fleet.</param>
    /// <param name="instances">That ask the queue.</param>
    /// <param name="share">Of the events.</param>
    public static double Latency(QueueLoad load, CapacityInput input, int instances, double share)
    {
        const int Steps = 100;
        var polling = new Polling(load.MessagesPerSecond / Math.Max(1, instances), Calibration.FetchSeconds);
        var waits = Enumerable.Range(0, Steps).Select(i => (i + 0.5) / Steps).ToList();
        List<double> polls = [.. waits.Select(polling.Wait)];
        List<double> sums = [.. waits.Select(s => Batching.Wait(s, load.ArrivalsPerBox, load.Flush)).SelectMany(w => polls.Select(p => w + p)).Order()];
        return sums[Math.Min(sums.Count - 1, (int)(share * sums.Count))] + input.HandlerSeconds;
    }

    private static QueueLoad Load(CapacityInput input, string queue, double eventsOfBox, double messagesOfBox, double arrivals, double flush) =>
        new(queue, input.Boxes * eventsOfBox, input.Boxes * messagesOfBox * (1 + input.CopiesPerMessage)) { ArrivalsPerBox = arrivals, Flush = flush };

    private static double PerHour(CapacityInput input, double events) => input.Cameras * events / 3600;

    private static double Mean(params IReadOnlyList<(double PerSecond, double Bytes)> events)
    {
        double all = events.Sum(e => e.PerSecond);
        return all == 0 ? 0 : events.Sum(e => e.PerSecond * e.Bytes) / all;
    }
}
