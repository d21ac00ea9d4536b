using System.Diagnostics;
using System.Globalization;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>The simulated boxes of one run and the log of what they told. One caller at a time; counts may be read meanwhile.</summary>
internal sealed class SimFleet : IDisposable
{
    private const int MostMissing = 10;
    private readonly FleetSimOptions _options;
    private readonly Action<string> _say;
    private readonly HttpClient _http = new(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(5), MaxConnectionsPerServer = 64 }) { Timeout = TimeSpan.FromSeconds(20) };
    private readonly SimLog _log;
    private readonly List<SimBox> _boxes;

    /// <param name="options">Of the run; the log goes into its folder.</param>
    /// <param name="fleet">The fleet's address.</param>
    /// <param name="say">Gets how far it is.</param>
    public SimFleet(FleetSimOptions options, Uri fleet, Action<string> say)
    {
        (_options, _say) = (options, say);
        Instant start = SystemClock.Instance.GetCurrentInstant();
        _log = new SimLog(Path.Combine(options.Folder, $"fleet-sim-{start.ToUnixTimeMilliseconds()}.jsonl"));
        Note("run", string.Create(CultureInfo.InvariantCulture, $"seed {options.Seed}, {options.Boxes} boxes, {options.Cameras} cameras, {options.Rate} events/s, {options.Seconds} s, outages {options.Outages}"));
        _boxes = [.. Enumerable.Range(0, options.Boxes).Select(number => new SimBox(new SimBoxParts(number, options, start, _log, _http, fleet)))];
        for (var i = 0; i < _boxes.Count; i++) _boxes[i].Neighbour = _boxes.Count > 1 ? _boxes[(i + 1) % _boxes.Count] : null;
    }

    /// <summary>The ground truth.</summary>
    public string LogFile => _log.File;

    public int Messages => _boxes.Sum(b => b.Messages);

    public int Repeats => _boxes.Sum(b => b.Repeats);

    public int Failures => _boxes.Sum(b => b.Failures);

    public int ClockRefusals => _boxes.Sum(b => b.SkewRefusals);

    /// <summary>Boxes of which the cloud is not known to have everything.</summary>
    public int Behind => _boxes.Count(b => b.Backlog > 0);

    /// <summary>What the cloud is not known to have, in words: a line for each queue and for each box, and one for each of the first batches; the log gets all of them.</summary>
    public IReadOnlyList<string> DescribeMissing()
    {
        List<(SimBox Box, SimMissing Missing)> all = [.. _boxes.SelectMany(box => box.Missing.Select(missing => (box, missing)))];
        foreach (var (box, missing) in all) _log.Write(new SimLine { Kind = "missing", At = SystemClock.Instance.GetCurrentInstant(), Box = box.Id, Class = missing.Class, Batch = missing.Seq, Queue = missing.Queue, Note = missing.Describe() });
        return
        [
            .. all.GroupBy(m => m.Missing.Queue, StringComparer.Ordinal).OrderBy(q => q.Key, StringComparer.Ordinal)
                .Select(q => $"missing from {q.Key}: {q.Sum(m => m.Missing.Events.Count)} events in {q.Count()} batches of {q.DistinctBy(m => m.Box).Count()} boxes"),
            .. _boxes.Where(box => box is { Backlog: > 0, Fault: not null }).Select(box => $"{box.Name} (box {box.Id}): its newest call failed: {box.Fault}"),
            .. all.OrderByDescending(m => m.Missing.Puts).Take(MostMissing).Select(m => $"{m.Box.Name} (box {m.Box.Id}), {m.Missing.Describe()}"),
        ];
    }

    /// <summary>How long a batch was open on average, s, by queue.</summary>
    public IReadOnlyDictionary<string, double> FlushSeconds() => _boxes.SelectMany(b => b.Open).GroupBy(o => o.Key, o => o.Value, StringComparer.Ordinal)
        .OrderBy(q => q.Key, StringComparer.Ordinal).ToDictionary(q => q.Key, q => Math.Round(q.Sum(o => o.Seconds) / q.Sum(o => o.Batches), 3));

    /// <summary>What was sent so far.</summary>
    public SimLedger Ledger => SimLedger.Of(SimLog.Read(LogFile));

    /// <summary>Each box shows a token of its own and gets its identity.</summary>
    public async Task EnrolAsync(TokenDesk desk, CancellationToken cancellation)
    {
        await desk.MakeSiteAsync(cancellation);
        foreach (SimBox box in _boxes) await box.EnrolAsync(desk, cancellation);
    }

    /// <summary>Boxes make events for the run's time and go on until the cloud has them; answers how long that took.</summary>
    public async Task<TimeSpan> RunAsync(CancellationToken cancellation)
    {
        _say($"{_boxes.Count} boxes are enrolled; they tell for {_options.Seconds} s; log: {LogFile}");
        long began = Stopwatch.GetTimestamp();
        Task work = Task.WhenAll(_boxes.Select(box => box.RunAsync(cancellation)));
        while (await Task.WhenAny(work, Task.Delay(TimeSpan.FromSeconds(5), cancellation)) != work)
            _say($"{Stopwatch.GetElapsedTime(began).TotalSeconds:0} s: {Messages} messages, {Repeats} again, {_boxes.Sum(b => b.Backlog)} to go, {Failures} failures");
        await work;
        return Stopwatch.GetElapsedTime(began);
    }

    /// <summary>Every box tells a past hour of each camera, footage and events of each kind, and waits until the cloud has it; answers how many segments those are. Needs <see cref="FleetSimOptions.Steady"/>.</summary>
    public async Task<int> TellPastHourAsync(Instant hour, int segments, int events, CancellationToken cancellation)
    {
        List<(SimBox Box, List<SimEvent> Events)> all = [.. _boxes.Select(box => (box, box.PastHour(hour, segments, events).ToList()))];
        await Task.WhenAll(all.Select(one => one.Box.TellPastAsync(one.Events, cancellation)));
        return all.Sum(one => one.Events.Count(e => e.Type == EventTypes.SegmentClosed));
    }

    /// <summary>Every box puts every message that a queue ever accepted once more, in any order; answers how many those were. Needs <see cref="FleetSimOptions.Remember"/>.</summary>
    public async Task<int> TellAgainAsync(CancellationToken cancellation) => (await Task.WhenAll(_boxes.Select(box => box.TellAgainAsync(cancellation)))).Sum();

    /// <summary>Writes into the log what was done on purpose.</summary>
    public void Note(string kind, string note) => _log.Write(new SimLine { Kind = kind, At = SystemClock.Instance.GetCurrentInstant(), Note = note });

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (SimBox box in _boxes) box.Dispose();
        _log.Dispose();
        _http.Dispose();
    }
}
