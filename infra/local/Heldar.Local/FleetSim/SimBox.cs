using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Security.Cryptography;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using NodaTime;

namespace Heldar.Local.FleetSim;

/// <summary>What one box is made of.</summary>
/// <param name="Number">From 0.</param>
/// <param name="Options">Of the run.</param>
/// <param name="Start">When the run starts.</param>
/// <param name="Log">The ground truth.</param>
/// <param name="Http">Shared by all boxes.</param>
/// <param name="Fleet">The fleet's address.</param>
internal sealed record SimBoxParts(int Number, FleetSimOptions Options, Instant Start, SimLog Log, HttpClient Http, Uri Fleet);

/// <summary>
/// One simulated box: its own key, enrolment, grants, heartbeats, events, outbox. One loop owns it; other boxes may only <see cref="Receive"/> a camera into it.
/// </summary>
internal sealed class SimBox : IDisposable
{
    private const int MostPuts = 16;
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(100);
    private static readonly Duration Late = Duration.FromSeconds(4);

    // The cloud waits 10 minutes for a camera to become known.
    private static readonly Duration MostLate = Duration.FromMinutes(5);
    private readonly SimBoxParts _parts;
    private ECDsa _key = BoxKeys.Create();
    private SimHttp _http;
    private readonly EventMaker _maker;
    private readonly SteadyMaker? _steady;
    private readonly SimOutbox _outbox;
    private readonly SimMishaps _mishaps;
    private readonly ConcurrentQueue<SimCamera> _arrivals = new();
    private readonly List<SimBatch> _told = [];
    private SimIdentity? _identity;
    private SasGrant? _grant;
    private Instant _renewAt;
    private Instant _beatAt;
    private SimBatch? _held;
    private Instant _heldUntil;
    private int _skewRefusals;
    private TokenDesk? _desk;

    public SimBox(SimBoxParts parts)
    {
        _parts = parts;
        _mishaps = SimMishaps.Of(parts.Number, parts.Options);
        _heldUntil = parts.Start + MostLate;
        _http = Connect();
        _maker = new EventMaker(parts.Options.Seed, parts.Number, parts.Start, parts.Options);
        _steady = parts.Options.Steady is { } load ? new SteadyMaker(load, _maker, new SimRandom(parts.Options.Seed + 1, parts.Number)) : null;
        _outbox = new SimOutbox(parts.Options.Flush, parts.Options.ResendAfter, body => _http.Sign(body)) { Collapses = _steady is not null };
    }

    public string Name => $"sim-{_parts.Number + 1}";

    public IReadOnlyList<Guid> Cameras => [.. _maker.Cameras.Select(c => c.Uid)];

    /// <summary>Messages that queues accepted, repeats included.</summary>
    public int Messages { get; private set; }

    /// <summary>Of these, puts of the same bytes again.</summary>
    public int Repeats { get; private set; }

    /// <summary>Calls that failed and were tried again.</summary>
    public int Failures { get; private set; }

    /// <summary>How often the fleet said that the clock is off.</summary>
    public int SkewRefusals => _skewRefusals + _http.SkewRefusals;

    /// <summary>Events and batches that the cloud is not known to have.</summary>
    public long Backlog => _outbox.Backlog;

    /// <summary>What the cloud is not known to have.</summary>
    public IReadOnlyList<SimMissing> Missing => [.. _outbox.Missing(SystemClock.Instance.GetCurrentInstant())];

    /// <summary>The newest call that failed, in words; null when the one after it did not.</summary>
    public string? Fault { get; private set; }

    /// <summary>Its identity; null before it is enrolled.</summary>
    public Guid? Id => _identity?.Box;

    /// <summary>How long batches were open, by queue.</summary>
    public IReadOnlyDictionary<string, (double Seconds, int Batches)> Open => _outbox.Open;

    /// <summary>Where this box's camera goes when it moves.</summary>
    public SimBox? Neighbour { get; set; }

    /// <summary>A camera moves here.</summary>
    public void Receive(SimCamera camera) => _arrivals.Enqueue(camera);

    /// <summary>Shows a token of the desk and gets the identity.</summary>
    public async Task EnrolAsync(TokenDesk desk, CancellationToken cancellation)
    {
        _desk = desk;
        string token = await RetryAsync(() => desk.TokenAsync(cancellation), cancellation);
        EnrolResponse answer = await RetryAsync(() => _http.EnrolAsync(token, Name, cancellation), cancellation);
        _identity = new SimIdentity(answer.Tenant, answer.Site, answer.Box, _http.KeyId);
        Take(answer.Access);
        _parts.Log.Write(Line("box") with { Epoch = _outbox.Epoch, Note = $"{Name}, key {_http.KeyId}, clock {_mishaps.Skew.TotalSeconds:0} s off" });
    }

    /// <summary>Makes events for the run's time, then goes on until the cloud has all of them or the drain's time is over.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        Instant start = SystemClock.Instance.GetCurrentInstant();
        Add(_maker.Describe(Clock()));
        if (_steady is { } steady) await TellSteadilyAsync(steady, began, cancellation);
        else await TellMixAsync(began, start, cancellation);
        Add(_maker.Status(Clock(), 0));
        await DrainAsync(cancellation);
    }

    /// <summary>Tells events of long ago, and goes on until the cloud has them.</summary>
    public async Task TellPastAsync(IEnumerable<SimEvent> events, CancellationToken cancellation)
    {
        foreach (SimEvent one in events) Add(one);
        await DrainAsync(cancellation);
    }

    /// <summary>Segments of each camera that fill an hour evenly, and events of each kind.</summary>
    public IEnumerable<SimEvent> PastHour(Instant hour, int segments, int events) => _steady is { } steady ? _maker.Cameras.SelectMany(c => steady.PastHour(c, hour, segments, events)) : [];

    private async Task TellMixAsync(long began, Instant start, CancellationToken cancellation)
    {
        double made = 0;
        for (TimeSpan passed = default; passed.TotalSeconds < _parts.Options.Seconds || _parts.Options.GoOn?.Invoke() == true; passed = Stopwatch.GetElapsedTime(began))
        {
            // An event that is made late, because a put took its time, has waited since it was due.
            for (; made < passed.TotalSeconds * _parts.Options.Rate; made++) _outbox.Add(_maker.Next(Clock(), _outbox.Backlog), start + Duration.FromSeconds(made / _parts.Options.Rate));
            Mishap(passed);
            if (_mishaps.LosesHardware(passed)) await ReplaceAsync(cancellation);
            if (!_mishaps.IsOffline(passed)) await StepAsync(all: false, cancellation);
            await Task.Delay(Tick, cancellation);
        }
    }

    /// <summary>Sleeps until something happens, as a box does, so that nothing waits for a tick.</summary>
    private async Task TellSteadilyAsync(SteadyMaker steady, long began, CancellationToken cancellation)
    {
        steady.Begin(SystemClock.Instance.GetCurrentInstant());
        while (Stopwatch.GetElapsedTime(began).TotalSeconds < _parts.Options.Seconds)
        {
            foreach (var (one, due) in steady.Due(SystemClock.Instance.GetCurrentInstant(), _outbox.Backlog)) _outbox.Add(one, due);
            await StepAsync(all: false, cancellation);
            Instant next = _outbox.NextSeal is { } seal ? Instant.Min(seal, steady.Next) : steady.Next;
            double wait = Math.Ceiling((next - SystemClock.Instance.GetCurrentInstant()).TotalMilliseconds);
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Clamp(wait, 1, Tick.TotalMilliseconds)), cancellation);
        }
    }

    private async Task DrainAsync(CancellationToken cancellation)
    {
        long drained = Stopwatch.GetTimestamp();
        while (!_outbox.IsEmpty && Stopwatch.GetElapsedTime(drained).TotalSeconds < _parts.Options.DrainSeconds)
        {
            await StepAsync(all: true, cancellation);
            await Task.Delay(Tick, cancellation);
        }
    }

    /// <summary>Puts every batch that a queue ever accepted once more, in any order, that of other epochs included; answers how many.</summary>
    public async Task<int> TellAgainAsync(CancellationToken cancellation)
    {
        SimBatch[] all = [.. _told];
        new Random(_parts.Options.Seed + _parts.Number).Shuffle(all);
        Take(await RetryAsync(() => _http.RenewAsync(_identity!, cancellation), cancellation));
        foreach (SimBatch batch in all)
        {
            await RetryAsync(
                async () =>
                {
                    await PutOnceAsync(batch, cancellation);
                    return batch;
                },
                cancellation);
        }

        return all.Length;
    }

    /// <inheritdoc/>
    public void Dispose() => _key.Dispose();

    private SimHttp Connect() => new(_parts.Http, _parts.Fleet, _key, Clock);

    private Instant Clock() => SystemClock.Instance.GetCurrentInstant() + _mishaps.Skew;

    private void Add(SimEvent one) => _outbox.Add(one, SystemClock.Instance.GetCurrentInstant());

    private void Mishap(TimeSpan passed)
    {
        while (_arrivals.TryDequeue(out SimCamera? camera))
        {
            _maker.Take(camera);
            _parts.Log.Write(Line("outage") with { Camera = camera.Uid, Note = "the camera moved here; the fleet has it as another box's" });
            Add(_maker.Describe(Clock()));
        }

        if (_mishaps.LosesDisk(passed))
        {
            _outbox.Lose();
            _maker.Reboot();
            _parts.Log.Write(Line("box") with { Epoch = _outbox.Epoch, Note = "a new disk: same key, new outbox" });
            Add(_maker.Describe(Clock()));
        }

        if (Neighbour is { } neighbour && _maker.Cameras.Count > 1 && _mishaps.LosesCamera(passed))
        {
            SimCamera camera = _maker.Give();
            _parts.Log.Write(Line("outage") with { Camera = camera.Uid, Note = "the camera moves to another box" });
            Add(_maker.Describe(Clock()));
            neighbour.Receive(camera);
            _heldUntil = SystemClock.Instance.GetCurrentInstant() + Late;
        }
    }

    /// <summary>
    /// The box dies and what it had not put dies with it. When the cloud has the rest an administrator takes it out, and another one, with a key and an epoch of its own and the
    /// cameras of the backup, takes its place.
    /// </summary>
    private async Task ReplaceAsync(CancellationToken cancellation)
    {
        Guid old = _identity!.Box;
        _outbox.Die();
        long died = Stopwatch.GetTimestamp();
        while (_outbox.IsUnheard)
        {
            if (Stopwatch.GetElapsedTime(died).TotalSeconds > _parts.Options.DrainSeconds) throw new TimeoutException($"the cloud did not have what {Name} had put within {_parts.Options.DrainSeconds} s of its death");
            await StepAsync(all: true, cancellation);
            await Task.Delay(Tick, cancellation);
        }

        await RetryAsync(
            async () =>
            {
                await _desk!.RemoveAsync(old, cancellation);
                return old;
            },
            cancellation);
        _parts.Log.Write(Line("outage") with { Note = "dead, and taken out; another box takes its place" });
        _told.Clear();
        _outbox.Lose();
        _maker.Replace();
        _skewRefusals += _http.SkewRefusals;
        _key.Dispose();
        _key = BoxKeys.Create();
        _http = Connect();
        await EnrolAsync(_desk!, cancellation);
        _parts.Log.Write(Line("box") with { Epoch = _outbox.Epoch, Note = $"in the place of {old}" });
        Add(_maker.Describe(Clock()));
    }

    /// <summary>What may be put: the first description of a box that describes itself late has to wait for the second, or for the end of the run.</summary>
    private IReadOnlyList<SimBatch> Due(Instant now, bool all)
    {
        IReadOnlyList<SimBatch> due = _outbox.Due(now);
        if (!_mishaps.DescribesLate) return due;
        _held ??= due.FirstOrDefault(batch => batch.Queue == QueueNames.Registrations);
        return all || now >= _heldUntil ? due : [.. due.Where(batch => batch != _held)];
    }

    private async Task StepAsync(bool all, CancellationToken cancellation)
    {
        Instant now = SystemClock.Instance.GetCurrentInstant();
        _outbox.Seal(_identity!, now, all);
        try
        {
            if (now >= _renewAt) Take(await _http.RenewAsync(_identity!, cancellation));
            if (now >= _beatAt)
            {
                _beatAt = now + (all ? Duration.FromSeconds(1) : _parts.Options.Heartbeat);
                HeartbeatResponse answer = await _http.HeartbeatAsync(_identity!, new HeartbeatRequest("0.1.0-sim", _maker.Boot, _outbox.Backlog, Clock()), cancellation);
                _outbox.Learn(answer.Watermarks);
            }

            // A few at a time, so that a slow queue does not keep the box from its other work.
            foreach (SimBatch batch in SimOutbox.Shuffled(Due(now, all)).Take(MostPuts)) await PutAsync(batch, cancellation);
            Fault = null;
        }
        catch (Exception e) when (IsTransient(e, cancellation))
        {
            Failures++;
            Fault = e.Message;
            if (e is HttpRequestException { StatusCode: HttpStatusCode.Forbidden }) _renewAt = now;
        }
    }

    private async Task PutAsync(SimBatch batch, CancellationToken cancellation)
    {
        if (!batch.Logged)
        {
            _parts.Log.Write([.. batch.Events.Select(e => Line("event", batch) with { Event = e.Id, Type = e.Type, Camera = e.Camera, Time = e.Time, Hash = e.Hash, Data = e.Data, Outcome = e.Outcome })]);
            batch.Logged = true;
        }

        for (int copies = _mishaps.LosesAnswer() ? 2 : 1; copies > 0; copies--) await PutOnceAsync(batch, cancellation);
    }

    private async Task PutOnceAsync(SimBatch batch, CancellationToken cancellation)
    {
        await _http.PutAsync(_grant!.Queues[batch.Queue], batch.Envelope, cancellation);
        Messages++;
        if (batch.Puts++ > 0) Repeats++;
        else if (_parts.Options.Remember) _told.Add(batch);
        batch.LastPut = SystemClock.Instance.GetCurrentInstant();
        _parts.Log.Write(Line("accepted", batch) with { Put = batch.Puts });
    }

    private void Take(SasGrant grant)
    {
        _grant = grant;
        _renewAt = SystemClock.Instance.GetCurrentInstant() + (_parts.Options.RenewEvery ?? ((grant.ExpiresAt - grant.IssuedAt) / 2));
        _outbox.Learn(grant.Watermarks);
    }

    private SimLine Line(string kind, SimBatch? batch = null) => new()
    {
        Kind = kind,
        At = SystemClock.Instance.GetCurrentInstant(),
        Box = _identity?.Box,
        Class = batch?.Class,
        Epoch = batch?.Epoch,
        Batch = batch?.Seq,
        Queue = batch?.Queue,
    };

    private async Task<T> RetryAsync<T>(Func<Task<T>> call, CancellationToken cancellation)
    {
        long began = Stopwatch.GetTimestamp();
        while (true)
        {
            try
            {
                return await call();
            }
            catch (Exception e) when (IsTransient(e, cancellation) && Stopwatch.GetElapsedTime(began) < TimeSpan.FromMinutes(2))
            {
                Failures++;
                await Task.Delay(TimeSpan.FromSeconds(1), cancellation);
            }
        }
    }

    private static bool IsTransient(Exception e, CancellationToken cancellation) =>
        e is HttpRequestException or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested);
}
