using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Recorder;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>
/// The gaps of one camera as a state machine, stepped about once a second. It opens a gap as soon as wanted footage stops coming, gives it its exact ends from the
/// recorder's own breaks, and never has one while nothing is wanted. Not thread-safe: the ledger's loop owns it.
/// </summary>
internal sealed class GapTracker(Guid camera, KnownCamera known, GapCauses causes)
{
    /// <summary>Media may take this long from camera to disk (keyframe, fragment, sync) before its absence is a gap without anything failing.</summary>
    public static readonly Duration Patience = Duration.FromSeconds(10);

    /// <summary>The same when a volume is known to fail.</summary>
    private static readonly Duration DiskPatience = Duration.FromSeconds(3);

    /// <summary>Shorter holes are none.</summary>
    private static readonly Duration Shortest = Duration.FromSeconds(1);

    private Instant? _wantedSince = known.WantedSince;
    private Instant? _through = known.Through;
    private GapData? _open = known.Open;
    private Instant _openedAt;
    private bool _noted;
    private bool _started;
    private int _pipelines;
    private long _breaks;

    /// <summary>The gap that lasts; null while footage comes or none is wanted.</summary>
    public GapData? Open => _open;

    /// <summary>How far the camera is recorded.</summary>
    public Instant? Through => _through;

    /// <summary>Takes the camera as it is and adds what changed.</summary>
    public void Step(CameraObserved observed, Instant now, GapChanges changes)
    {
        if (!observed.Config.Enabled)
        {
            Stop(observed.EndedAt, now, changes);
            return;
        }

        Start(now, changes);
        var progress = observed.Recorder ?? RecorderProgress.Empty;
        if (observed.Pipelines != _pipelines)
        {
            (_pipelines, _breaks) = (observed.Pipelines, 0);
            if (observed.EndedAt is { } ended && ended >= _wantedSince) _through = Instant.Max(_through ?? ended, ended);
        }

        TakeBreaks(progress, now, changes);
        var fails = GapCauses.Fails(observed);
        if (progress.RecordedSince is { } since && progress.RecordedThrough is { } through && through > since) Recorded(since, through, now, changes);
        else if (progress.RecordedSince is null && End(progress) is { } end && end >= _wantedSince) _through = end;
        if (_open is not null) Refine(observed, fails, now, changes);
        else if (Missing(progress, fails, now)) Begin(Milliseconds((_through ?? _wantedSince)!.Value), causes.Judge(observed, _pipelines > 1), observed.Cause, now, changes);
    }

    /// <summary>Nothing is wanted any more: what lasts ends.</summary>
    /// <param name="end">End of the footage, when it is known.</param>
    /// <param name="now">The box's clock.</param>
    /// <param name="changes">Takes what changed.</param>
    public void Stop(Instant? end, Instant now, GapChanges changes)
    {
        // After a start that finds the camera switched off, the wish ended when the box last looked.
        var at = !_started && known.SeenAt is { } seen ? seen : _open is null && end >= _wantedSince ? end!.Value : now;
        _started = true;
        if (_open is not null) Close(at, null, changes);
        if (_wantedSince is { } since && (_noted || known.WantedSince == since)) changes.Wanted.Add((camera, since, Instant.Max(since, at)));
        (_wantedSince, _through, _noted) = (null, null, false);
    }

    private static Instant Milliseconds(Instant time) => Instant.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private void Start(Instant now, GapChanges changes)
    {
        var first = !_started;
        _started = true;
        _wantedSince ??= now;
        if (!first || known.WantedSince is null) return;
        Note(changes);
        _openedAt = now;
        // A clock that went back: the newest footage is not the last, and only the box's last look can say since when nothing was recorded.
        if (_through > now) _through = known.SeenAt <= now ? known.SeenAt : null;
        if (_open is null && _through is { } through) Begin(Milliseconds(through), GapCause.ProcessDown, "the box's program was not running", now, changes);
    }

    /// <summary>A volume that fails keeps less than it was given.</summary>
    private Instant? End(RecorderProgress progress) => causes.Disk() is null ? progress.MediaEnd ?? progress.RecordedThrough : progress.RecordedThrough;

    private bool Missing(RecorderProgress progress, bool fails, Instant now)
    {
        var age = now - (_through ?? _wantedSince)!.Value;
        if (fails) return true;
        if (age > Patience) return true;
        if (age > DiskPatience && causes.Disk() is not null) return true;
        return _pipelines > 1 && _through is not null && progress.RecordedSince is null && age > Shortest;
    }

    /// <summary>The recorder's own breaks, once footage behind them is on disk: exact, and seen even when they were over before anybody looked.</summary>
    private void TakeBreaks(RecorderProgress progress, Instant now, GapChanges changes)
    {
        var fresh = (int)Math.Min(progress.BreakCount - _breaks, progress.Breaks.Count);
        for (var i = progress.Breaks.Count - fresh; i < progress.Breaks.Count; i++)
        {
            var (from, to, cause) = progress.Breaks[i];
            if (!(progress.RecordedThrough > to)) return;
            _breaks++;
            // A start that did not hold is part of the longer break that follows.
            if (i + 1 < progress.Breaks.Count && progress.Breaks[i + 1].From < to) continue;
            (from, to) = (Instant.Max(Milliseconds(from), Milliseconds(_wantedSince!.Value)), Milliseconds(to));
            if (to <= from) continue;
            if (_open is null) Begin(from, causes.OfBreak(cause), null, now, changes);
            else if (to <= _open.Start) continue;
            else if (_open.Cause is not (GapCause.ProcessDown or GapCause.Operator)) _open = _open with { Start = from };
            Close(to, cause == "clock_step" ? GapCause.ClockStep : null, changes);
            _through = to;
        }

        _breaks = progress.BreakCount;
    }

    private void Recorded(Instant since, Instant through, Instant now, GapChanges changes)
    {
        if (_open is { } open)
        {
            if (through <= open.Start) return;
            Close(Instant.Max(Milliseconds(since), open.Start), null, changes);
        }
        else if (_through is null && !_noted && since - _wantedSince <= Patience && since > _wantedSince)
        {
            // A new camera's first connect is not a gap.
            _wantedSince = Milliseconds(since);
        }
        else if (since - (_through ?? _wantedSince) > Shortest)
        {
            Begin(Milliseconds((_through ?? _wantedSince)!.Value), GapCause.Operator, null, now, changes);
            Close(Milliseconds(since), null, changes);
        }

        Note(changes);
        _through = through;
    }

    private void Refine(CameraObserved observed, bool fails, Instant now, GapChanges changes)
    {
        var open = _open!;
        var cause = causes.Judge(observed, _pipelines > 1);
        if (open.Cause is GapCause.ProcessDown or GapCause.Operator)
        {
            // The box did its part; from here on it is the camera's gap.
            if (!fails || now - _openedAt <= Patience) return;
            var at = Instant.Max(Milliseconds(now), open.Start);
            Close(at, null, changes);
            Begin(at, cause, observed.Cause, now, changes);
            return;
        }

        var better = open.Cause == GapCause.Network && cause is GapCause.CameraUnreachable or GapCause.AuthFailed
            || (IsDisk(open.Cause) && cause is GapCause.DiskFull or GapCause.DiskFullHeld && cause != open.Cause);
        if (!better) return;
        _open = open with { Cause = cause, Detail = Detail(observed.Cause), Revision = open.Revision + 1 };
        changes.Gaps.Add(_open);
    }

    private static bool IsDisk(GapCause cause) => cause is GapCause.DiskFull or GapCause.DiskFullHeld or GapCause.DiskError;

    private static string? Detail(string? text) => string.IsNullOrEmpty(text) ? null : EventRules.Clean(text, 500);

    private void Begin(Instant start, GapCause cause, string? detail, Instant now, GapChanges changes)
    {
        Note(changes);
        _openedAt = now;
        _open = new GapData { Gap = Guid.CreateVersion7(now.ToDateTimeOffset()), Camera = camera, Revision = 1, Start = start, Cause = cause, Detail = Detail(detail) };
        changes.Gaps.Add(_open);
    }

    private void Close(Instant end, GapCause? cause, GapChanges changes)
    {
        var open = _open!;
        // A gap that begins and ends in one step is told once.
        var told = changes.Gaps.Remove(open) ? open.Revision - 1 : open.Revision;
        changes.Gaps.Add(open with { Revision = told + 1, End = Instant.Max(Milliseconds(end), open.Start), Cause = cause ?? open.Cause });
        _open = null;
    }

    private void Note(GapChanges changes)
    {
        if (_noted) return;
        _noted = true;
        changes.Wanted.Add((camera, _wantedSince!.Value, null));
    }
}

/// <summary>What one step found new.</summary>
internal sealed class GapChanges
{
    public List<GapData> Gaps { get; } = [];

    public List<(Guid Camera, Instant From, Instant? To)> Wanted { get; } = [];
}
