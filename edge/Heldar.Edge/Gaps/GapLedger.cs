using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>
/// Keeps the gaps of all cameras: each revision goes to the seal log at once, then with its event to the database. While the database does not answer, what changed
/// waits here and tracking goes on. One loop steps it about once a second; reading is the database's.
/// </summary>
internal sealed partial class GapLedger(CameraRegistry cameras, GapCauses causes, VolumeWriters volumes, IStoreReader reader, IStoreWriter store, IOutbox outbox, IClock clock, ILogger<GapLedger> log)
{
    private static readonly Duration MarkEvery = Duration.FromSeconds(2);
    private readonly Dictionary<Guid, GapTracker> _trackers = [];
    private readonly List<GapData> _gaps = [];
    private readonly List<(Guid Camera, Instant From, Instant? To)> _wanted = [];
    private IReadOnlyList<Guid>? _unfinished;
    private Instant _markAt = Instant.MinValue;
    private (int Gaps, int Wanted) _inFlight;
    private Task _writing = Task.CompletedTask;

    /// <summary>Looks at every camera, seals and writes what changed.</summary>
    public async Task StepAsync(CancellationToken cancellation)
    {
        _unfinished ??= await reader.ReadAsync(GapRows.Unfinished, cancellation);
        var observed = await cameras.ObserveAsync(cancellation);
        var now = clock.GetCurrentInstant();
        var changes = new GapChanges();
        foreach (var camera in observed) (await TrackerAsync(camera.Config.Uid, cancellation)).Step(camera, (from, to) => cameras.Wanted(camera.Config, from, to), now, changes);
        await EndAbsentAsync(observed, now, changes, cancellation);
        foreach (var gap in changes.Gaps) Seal(gap);
        foreach (var (camera, from, to) in changes.Wanted) volumes.Pick().TrySeal(new SealRecord { Type = SealType.Wanted, Wanted = new WantedSeal(camera, from, to) });
        _gaps.AddRange(changes.Gaps);
        _wanted.AddRange(changes.Wanted);
        Write(now);
    }

    /// <summary>Waits until what changed is in the database.</summary>
    public async Task FlushAsync(CancellationToken cancellation)
    {
        await _writing.WaitAsync(cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        Write(clock.GetCurrentInstant(), marks: true);
        await _writing.WaitAsync(cancellation);
    }

    private async Task<GapTracker> TrackerAsync(Guid camera, CancellationToken cancellation)
    {
        if (_trackers.TryGetValue(camera, out var there)) return there;
        var known = await reader.ReadAsync(db => GapRows.Read(db, camera), cancellation);
        return _trackers[camera] = new GapTracker(camera, known, causes);
    }

    /// <summary>Cameras that were removed, now or while the box was down.</summary>
    private async Task EndAbsentAsync(IReadOnlyList<CameraObserved> observed, Instant now, GapChanges changes, CancellationToken cancellation)
    {
        var present = observed.Select(c => c.Config.Uid).ToHashSet();
        foreach (var camera in _unfinished!.Where(c => !present.Contains(c))) (await TrackerAsync(camera, cancellation)).Stop(null, now, changes);
        _unfinished = [];
        foreach (var camera in _trackers.Keys.Where(c => !present.Contains(c)).ToList())
        {
            _trackers[camera].Stop(null, now, changes);
            _trackers.Remove(camera);
        }
    }

    private void Seal(GapData gap)
    {
        // A full volume cannot take it now: the revision that ends the gap is sealed when footage is written again.
        volumes.Pick().TrySeal(new SealRecord { Type = SealType.Gap, Missing = gap });
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

    private void Write(Instant now, bool marks = false)
    {
        if (!_writing.IsCompleted) return;
        if (_writing.IsFaulted) LogNotWritten(_writing.Exception!.GetBaseException());
        if (_writing.IsCompletedSuccessfully)
        {
            _gaps.RemoveRange(0, _inFlight.Gaps);
            _wanted.RemoveRange(0, _inFlight.Wanted);
        }

        _inFlight = default;
        marks |= now >= _markAt || now < _markAt - MarkEvery;
        if (_gaps.Count == 0 && _wanted.Count == 0 && !marks) return;
        if (marks) _markAt = now + MarkEvery;
        _inFlight = (_gaps.Count, _wanted.Count);
        _writing = WriteAsync([.. _gaps], [.. _wanted], marks ? [.. _trackers.Select(t => (t.Key, t.Value.Through))] : [], now);
    }

    private Task WriteAsync(GapData[] gaps, (Guid Camera, Instant From, Instant? To)[] wanted, (Guid Camera, Instant? Through)[] marks, Instant now) => store.EnqueueAsync(db =>
    {
        foreach (var gap in gaps) GapRows.Apply(db, outbox, gap);
        foreach (var (camera, from, to) in wanted) GapRows.Want(db, camera, from, to);
        foreach (var (camera, through) in marks) GapRows.Mark(db, camera, through, now);
    });
}
