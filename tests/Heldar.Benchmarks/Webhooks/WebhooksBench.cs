using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using NodaTime;

namespace Heldar.Benchmarks.Webhooks;

/// <summary>
/// From the commit of an event in the index to its arrival at the receiver, with 100 deliveries offered each second through the worker front; and what five dead endpoints
/// of fifty cost the others. The commit's time is PostgreSQL's own record, the arrival's the receiver's.
/// </summary>
internal sealed class WebhooksBench(bool quick, string folder, Action<BenchLine> print, Action<string> say)
{
    private const string Name = "webhooks";
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds((double)WebhooksPlan.CamerasOfABox * EventsOfACamera / WebhooksPlan.PerSecond);
    private static readonly TimeSpan Settle = TimeSpan.FromSeconds(60);
    private const int EventsOfACamera = 2;
    private readonly WebhooksPlan _plan = WebhooksPlan.Of(quick);
    private readonly string _queue = QueueNames.InShard(QueueNames.Detections, "0");
    private int _sent;

    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var receivers = await WebhookReceivers.StartAsync();
        await using var stage = await WebhookStage.StartAsync(folder, receivers, cancellation);
        await LoadAsync(stage, receivers, _plan.WarmUp, cancellation);
        List<double> all = [], without = [], with = [];
        var deliveries = 0;
        for (var round = 0; round < _plan.Rounds; round++)
        {
            var well = await LoadAsync(stage, receivers, _plan.Measured, cancellation);
            await stage.KillAsync(receivers);
            var others = await LoadAsync(stage, receivers, _plan.Measured, cancellation, dead: WebhooksPlan.Dead);
            await stage.ReviveAsync(receivers, cancellation);
            deliveries += well.Count;
            all.Add(P95(well.Select(d => d.Milliseconds)));
            without.Add(P95(well.Where(d => d.Endpoint >= WebhooksPlan.Dead).Select(d => d.Milliseconds)));
            with.Add(P95(others.Select(d => d.Milliseconds)));
            say($"webhooks: all well: median {Statistics.Median(well.Select(d => d.Milliseconds)):0} ms, p95 {all[^1]:0} ms, max {well.Max(d => d.Milliseconds):0} ms of {well.Count}");
            say($"webhooks: the others beside {WebhooksPlan.Dead} dead: median {Statistics.Median(others.Select(d => d.Milliseconds)):0} ms, p95 {with[^1]:0} ms, max {others.Max(d => d.Milliseconds):0} ms of {others.Count}");
        }

        double p95 = Statistics.Median(all), before = Statistics.Median(without), after = Statistics.Median(with);
        print(new BenchLine(Name, "delivery_p95_ms", p95, "ms", N: deliveries) { Bar = ($"<= {WebhooksPlan.DeliveryBar}", p95 <= WebhooksPlan.DeliveryBar) });
        print(new BenchLine(Name, "isolation", after, "ms", "without dead endpoints", before, after / before, _plan.Rounds)
        {
            Bar = ($"ratio <= {WebhooksPlan.IsolationBar}", after <= before * WebhooksPlan.IsolationBar),
        });
    }

    /// <summary>
    /// Offers deliveries for a time: each box sends one signed batch a second. Returns what came of those to endpoints from number <paramref name="dead"/> on; one that
    /// does not arrive within a minute after the end throws.
    /// </summary>
    private async Task<List<Delivered>> LoadAsync(WebhookStage stage, WebhookReceivers receivers, TimeSpan time, CancellationToken cancellation, int dead = 0)
    {
        Dictionary<string, int> offered = new(StringComparer.Ordinal);
        var queues = stage.Queues;
        List<Task> sending = [];
        using (var timer = new PeriodicTimer(Tick))
        {
            var ticks = (int)(time / Tick);
            for (var n = 0; n < ticks && await timer.WaitForNextTickAsync(cancellation); n++)
            {
                sending.RemoveAll(s => s.IsCompletedSuccessfully);
                sending.Add(queues.SendAsync(_queue, Batch(stage, _sent++ % WebhooksPlan.Boxes, offered).ToBytes(), TimeSpan.Zero, cancellation));
            }
        }

        await Task.WhenAll(sending);
        var wanted = offered.Where(o => o.Value >= dead).ToList();
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Settle);
        while (wanted.Exists(o => !receivers.Arrived.ContainsKey(o.Key)))
        {
            if (limit.IsCancellationRequested) throw new TimeoutException($"{wanted.Count(o => !receivers.Arrived.ContainsKey(o.Key))} of {wanted.Count} deliveries did not arrive within {Settle.TotalSeconds:0} s");
            await Task.Delay(TimeSpan.FromMilliseconds(50), cancellation);
        }

        var committed = await stage.CommittedAsync(cancellation);
        return [.. wanted.Select(o => new Delivered(o.Value, Math.Max(0, (receivers.Arrived[o.Key] - committed[o.Key]).TotalMilliseconds)))];
    }

    private static Envelope Batch(WebhookStage stage, int number, Dictionary<string, int> offered)
    {
        var (box, cameras) = stage.Boxes[number];
        var now = SystemClock.Instance.GetCurrentInstant();
        List<CloudEvent> events = [];
        for (var n = 0; n < cameras.Count * EventsOfACamera; n++)
        {
            var camera = n % cameras.Count;
            var one = CloudEvent.Create(
                EventTypes.Zone, Guid.CreateVersion7().ToString("D"), EventSource.OfCamera(box.Tenant, box.Site, cameras[camera]), now,
                new ZoneData { Camera = cameras[camera], Zone = "z1", Name = "Gate", Event = ZoneEvent.CrossAb, Timestamp = now, TrackId = "1", Label = "person", Confidence = 0.9, Severity = Severity.Warning });
            offered[one.Id] = (number * WebhooksPlan.CamerasOfABox) + camera;
            events.Add(one);
        }

        return box.Seal(events, EventClass.Alert);
    }

    private static double P95(IEnumerable<double> values) => Statistics.Percentile(values, 0.95);

    private sealed record Delivered(int Endpoint, double Milliseconds);
}
