using System.Diagnostics.Metrics;
using System.Reflection;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Fleet.Operation;

namespace Heldar.Fleet.Metrics;

/// <summary>What the fleet is, as instruments that are read with each collection from the newest sample.</summary>
internal sealed class FleetInstruments : IDisposable
{
    // Queues between functions carry events of all classes.
    private static readonly Dictionary<string, string> Classes = EventTypes.All.GroupBy(t => t.Queue, t => HeldarJson.Word(t.Class), StringComparer.Ordinal)
        .ToDictionary(q => q.Key, q => string.Join('_', q.Distinct(StringComparer.Ordinal)), StringComparer.Ordinal);

    private readonly Meter _meter;
    private readonly FleetSampler _sampler;

    public FleetInstruments(FleetSampler sampler)
    {
        _sampler = sampler;
        _meter = new Meter(new MeterOptions("Heldar.Fleet") { Scope = sampler });
        var version = typeof(FleetInstruments).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "";
        _meter.CreateObservableGauge("heldar.fleet.info", () => new Measurement<long>(1, new KeyValuePair<string, object?>("version", version)), null, "Version of the program.");
        _meter.CreateObservableGauge("heldar.sample.up", Up, null, "1 when the source answered for the newest sample.");
        Queues();
        Boxes();
        Work();
    }

    private FleetSample Now => _sampler.Newest;

    public void Dispose() => _meter.Dispose();

    private void Queues()
    {
        _meter.CreateObservableGauge("heldar.queue.messages", () => OfQueues(q => q.Messages), null, "Messages in a queue, leased and delayed ones included; about.");
        _meter.CreateObservableGauge("heldar.queue.poison", () => OfQueues(q => q.Poison), null, "Messages whose handler crashed each time and that nobody has filed yet.");
        _meter.CreateObservableGauge(
            "heldar.queue.oldest", () => OfQueues(q => q.Messages is null ? null : q.WaitingSince is { } since ? Math.Max(0, (Now.At - since).TotalSeconds) : 0), "s", "How long the message at a queue's front has waited, failed attempts included; 0 for none.");
    }

    private void Boxes()
    {
        _meter.CreateObservableGauge("heldar.boxes", States, null, "Boxes that are enrolled.");
        _meter.CreateObservableGauge("heldar.boxes.by_watermark_age", Ages, null, "Boxes by how long ago something of theirs was applied.");
        _meter.CreateObservableGauge("heldar.boxes.watermark.oldest", () => One(n => n.Boxes.OldestMark ?? 0), "s", "The longest that nothing of a box that is online was applied.");
        _meter.CreateObservableGauge("heldar.boxes.outbox.oldest", () => One(n => Math.Max(0, n.Boxes.OldestWaiting ?? 0)), "s", "The longest that an event waits on a box, as boxes said last.");
        _meter.CreateObservableGauge("heldar.boxes.holed", () => One(n => n.Boxes.Holed), null, "Boxes with batches missing below their newest one.");
        _meter.CreateObservableGauge("heldar.batches.missing", () => One(n => n.Boxes.Missing), null, "Batches that are missing below the newest one of their box and class.");
        _meter.CreateObservableGauge("heldar.batches.missing.most", () => One(n => n.Boxes.MostMissing), null, "Missing batches of the box that misses most.");
    }

    private void Work()
    {
        _meter.CreateObservableGauge("heldar.dead.letters.open", () => Now.Database?.Letters.Select(l => Of(l.Letters, "reason", l.Reason)) ?? [], null, "Dead letters that nobody has dealt with, by reason; counted up to a bound.");
        _meter.CreateObservableGauge("heldar.segment.conflicts", () => One(n => n.Conflicts), null, "Segments that came again within 7 days under the same revision with another hash; counted up to a bound.");
        _meter.CreateObservableGauge("heldar.webhooks.disabled", () => One(n => n.DisabledWebhooks), null, "Webhook endpoints that were disabled because they failed for too long.");
        _meter.CreateObservableGauge("heldar.deliveries.due", () => One(n => n.Due.Deliveries), null, "Webhook deliveries that are due; counted up to a bound.");
        _meter.CreateObservableGauge("heldar.deliveries.oldest", () => One(n => Math.Max(0, n.Due.Oldest ?? 0)), "s", "How long the delivery that waits longest has been due; 0 for none.");
        _meter.CreateObservableGauge("heldar.timer.age", () => Now.Database?.Timers.Select(t => Of(Math.Max(0, t.Age), "timer", t.Timer)) ?? [], "s", "Since the begin of a timer's last good run.");
        _meter.CreateObservableGauge("heldar.fold.left", Folds, null, "Camera-hours that the last run of the fold left: landed, changed (by deletions), or failing.");
        _meter.CreateObservableGauge("heldar.fold.behind", () => Now.Database?.Fold is { } fold ? [new(Math.Max(0, fold.Behind))] : Array.Empty<Measurement<double>>(), "s", "For how long every run of the fold has ended with work left; 0 when the last one did all.");
    }

    private IEnumerable<Measurement<long>> Folds() =>
        Now.Database?.Fold is { } fold ? [Of(fold.Waiting, "of", "landed"), Of(fold.Changed, "of", "changed"), Of(fold.Failing, "of", "failing")] : [];

    private IEnumerable<Measurement<long>> Up() => Now.At == FleetSample.None.At ? [] : [Of(Now.Database is null ? 0 : 1, "source", "database"), Of(Now.Queues is { Fault: null } ? 1 : 0, "source", "storage")];

    private IEnumerable<Measurement<long>> States() =>
        Now.Database?.Boxes is { } boxes ? [Of(boxes.Online, "state", "online"), Of(boxes.Total - boxes.Online, "state", "offline")] : [];

    private IEnumerable<Measurement<long>> Ages() =>
        Now.Database is { } n ? FleetSampler.Bands.Select((name, band) => Of(n.Ages.FirstOrDefault(a => a.Band == band)?.Boxes ?? 0, "age", name)) : [];

    private IEnumerable<Measurement<double>> OfQueues(Func<QueueView, double?> figure) =>
        from shard in Now.Queues?.Shards ?? []
        from queue in shard.Queues
        let value = figure(queue)
        where value is not null
        select new Measurement<double>(value.Value, new("shard", shard.Shard), new("queue", queue.Queue), new("class", Classes.GetValueOrDefault(queue.Queue, "any")));

    private IEnumerable<Measurement<double>> One(Func<FleetNumbers, double> figure) => Now.Database is { } numbers ? [new(figure(numbers))] : [];

    private static Measurement<long> Of(long value, string label, string word) => new(value, new KeyValuePair<string, object?>(label, word));

    private static Measurement<double> Of(double value, string label, string word) => new(value, new KeyValuePair<string, object?>(label, word));
}
