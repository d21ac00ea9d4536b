using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>
/// Keeps the gaps of all cameras: each revision goes to the seal log at once, and again until a log has it, then with its event to the database. While the database does not
/// answer, what changed waits here and tracking goes on. One loop steps it about once a second; reading is the database's.
/// </summary>
internal sealed partial class GapLedger(
    CameraRegistry cameras, GapCauses causes, VolumeWriters volumes, StandingLedger standing, IStoreReader reader, IStoreWriter store, IOutbox outbox, IClock clock, ILogger<GapLedger> log)
{
    private static readonly Duration MarkEvery = Duration.FromSeconds(2);
    private readonly Dictionary<Guid, GapTracker> _trackers = [];
    private readonly List<GapData> _gaps = [];
    private readonly List<(Guid Camera, Instant From, Instant? To)> _wanted = [];
    private readonly List<GapSeal> _sealed = [];
    private readonly GapSealer _seals = new(volumes, reader);
    private readonly StandingSealer _standing = new(volumes);
    private IReadOnlyList<Guid>? _unfinished;
    private Instant _markAt = Instant.MinValue;
    private bool _refused;
    private (int Gaps, int Wanted, int Sealed) _inFlight;
    private Task _writing = Task.CompletedTask;

    /// <summary>Looks at every camera, seals and writes what changed.</summary>
    public async Task StepAsync(CancellationToken cancellation)
    {
        _unfinished ??= reader.IsFilling ? standing.Unfinished : await reader.ReadAsync(GapRows.Unfinished, cancellation);
        var observed = await cameras.ObserveAsync(cancellation);
        var now = clock.GetCurrentInstant();
        var changes = new GapChanges();
        foreach (var camera in observed) (await TrackerAsync(camera.Config.Uid, cancellation)).Step(camera, (from, to) => cameras.Wanted(camera.Config, from, to), now, changes);
        await EndAbsentAsync(observed, now, changes, cancellation);
        foreach (var gap in changes.Gaps) Seal(gap);
        foreach (var (camera, from, to) in changes.Wanted) _seals.Seal(GapSeal.Of(camera, from, to));
        _standing.Step(() => new StandingSeal([.. observed.Select(c => Standing(c.Config))]));
        TakeSealed(now);
        _gaps.AddRange(changes.Gaps);
        _wanted.AddRange(changes.Wanted);
        Write(now);
    }

    /// <summary>Waits until what changed is in the database.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        TakeSealed(clock.GetCurrentInstant());
        Write(clock.GetCurrentInstant(), marks: true);
        await _writing.WaitAsync(cancellation);
    }

    private async Task<GapTracker> TrackerAsync(Guid camera, CancellationToken cancellation)
    {
        if (_trackers.TryGetValue(camera, out var there)) return there;
        var known = await reader.ReadAsync(db => reader.IsFilling ? GapRows.Read(db, camera, standing) : GapRows.Read(db, camera), cancellation);
        return _trackers[camera] = new GapTracker(camera, known, causes);
    }

    private StandingCamera Standing(CameraConfig camera)
    {
        var tracker = _trackers[camera.Uid];
        return new(camera.Uid, camera.Slug, tracker.Noted, tracker.Open, tracker.Through);
    }

    /// <summary>Cameras that were removed, now or while the box was down.</summary>
    private async Task EndAbsentAsync(IReadOnlyList<CameraObserved> observed, Instant now, GapChanges changes, CancellationToken cancellation)
    {
        var present = observed.Select(c => c.Config.Uid).ToHashSet();
        // A substitute does not know the cameras that are not in the settings file: they are wanted all the same.
        foreach (var camera in _unfinished!.Where(c => !present.Contains(c) && !reader.IsSubstitute)) (await TrackerAsync(camera, cancellation)).Stop(null, now, changes);
        _unfinished = [];
        foreach (var camera in _trackers.Keys.Where(c => !present.Contains(c)).ToList())
        {
            _trackers[camera].Stop(null, now, changes);
            _trackers.Remove(camera);
        }
    }

    private void Seal(GapData gap)
    {
        _seals.Seal(GapSeal.Of(gap));
        if (gap.Revision == 1) GapMetrics.Began(gap.Cause);
        if (gap.End is { } end)
        {
            GapMetrics.Ended(gap.Cause, (end - gap.Start).TotalSeconds);
            LogEnded(gap.Camera, gap.Cause, gap.Start, (end - gap.Start).TotalSeconds);
        }
        else if (gap.Revision == 1)
        {
            LogBegan(gap.Camera, gap.Cause, gap.Start, gap.Detail);
        }
    }

    /// <summary>A full volume may take nothing now: what it refused is sealed when there is room.</summary>
    private void TakeSealed(Instant now)
    {
        _sealed.AddRange(_seals.Step(now));
        if (_refused == _seals.Refused > 0) return;
        _refused = !_refused;
        if (_refused) LogNotSealed(_seals.Refused, _seals.Cause);
        else LogSealed();
    }

    private void Write(Instant now, bool marks = false)
    {
        if (!_writing.IsCompleted) return;
        if (_writing.IsFaulted) LogNotWritten(_writing.Exception!.GetBaseException());
        if (_writing.IsCompletedSuccessfully)
        {
            _gaps.RemoveRange(0, _inFlight.Gaps);
            _wanted.RemoveRange(0, _inFlight.Wanted);
            _sealed.RemoveRange(0, _inFlight.Sealed);
        }

        _inFlight = default;
        marks |= now >= _markAt || now < _markAt - MarkEvery;
        // A mark says that the ledger is whole up to there: what was pruned from the logs is still being read.
        marks &= !reader.IsFilling;
        if (_gaps.Count == 0 && _wanted.Count == 0 && _sealed.Count == 0 && !marks) return;
        if (marks) _markAt = now + MarkEvery;
        _inFlight = (_gaps.Count, _wanted.Count, _sealed.Count);
        _writing = WriteAsync([.. _gaps], [.. _wanted], [.. _sealed], marks ? [.. _trackers.Select(t => (t.Key, t.Value.Through))] : [], now);
    }

    private Task WriteAsync(GapData[] gaps, (Guid Camera, Instant From, Instant? To)[] wanted, GapSeal[] done, (Guid Camera, Instant? Through)[] marks, Instant now) => store.EnqueueAsync(db =>
    {
        foreach (var gap in gaps)
        {
            GapRows.Apply(db, outbox, gap);
            SealDueRows.Put(db, GapSeal.Of(gap));
        }

        foreach (var (camera, from, to) in wanted)
        {
            GapRows.Want(db, camera, from, to);
            SealDueRows.Put(db, GapSeal.Of(camera, from, to));
        }

        foreach (var seal in done) SealDueRows.Done(db, seal);
        foreach (var (camera, through) in marks) GapRows.Mark(db, camera, through, now);
    });
}
