using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Recorder;
using Heldar.Edge.Seals;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>
/// The gaps of one camera as a state machine, stepped about once a second. It follows one wish after the other, each to its end: opens a gap as soon as wanted footage
/// stops coming, gives it its exact ends from the recorder's own breaks, and never has one while nothing is wanted. A wish that is over is judged when its last
/// footage is on disk. Not thread-safe: the ledger's loop owns it.
/// </summary>
internal sealed class GapTracker(Guid camera, KnownCamera known, GapCauses causes)
{
    /// <summary>Media may take this long from camera to disk (keyframe, fragment, sync) before its absence is a gap without anything failing.</summary>
    public static readonly Duration Patience = Duration.FromSeconds(10);

    /// <summary>The same when a volume is known to fail.</summary>
    private static readonly Duration DiskPatience = Duration.FromSeconds(3);

    /// <summary>Shorter holes are none.</summary>
    private static readonly Duration Shortest = Duration.FromSeconds(1);

    private readonly WishLine _wishes = new(known);
    private Instant? _through = known.Through;
    private GapData? _open = known.Open;
    private WantedSeal? _ended = known.Ended;
    private Instant _openedAt;
    private Instant? _startedAt;
    private bool _noted;
    private bool _fresh;
    private int _pipelines;
    private long _breaks;

    /// <summary>The gap that lasts; null while footage comes or none is wanted.</summary>
    public GapData? Open => _open;

    /// <summary>How far the camera is recorded.</summary>
    public Instant? Through => _through;

    /// <summary>The newest wish that the seal log was told of; null before the first one.</summary>
    public WantedSeal? Noted => _noted && _wishes.Current is { } wish ? new WantedSeal(camera, wish.From) : _ended;

    /// <summary>Takes the camera as it is and adds what changed.</summary>
    /// <param name="observed">The camera.</param>
    /// <param name="wanted">What was wanted of it within [from, to).</param>
    /// <param name="now">The box's clock.</param>
    /// <param name="changes">Takes what changed.</param>
    public void Step(CameraObserved observed, Func<Instant, Instant, IReadOnlyList<Stretch>> wanted, Instant now, GapChanges changes)
    {
        if (!observed.Config.Enabled)
        {
            Stop(observed.EndedAt, now, changes);
            return;
        }

        if (observed.Pipelines != _pipelines)
        {
            (_pipelines, _breaks) = (observed.Pipelines, 0);
            if (_wishes.Current is { } current && observed.EndedAt is { } ended && ended >= current.From) _through = Instant.Max(_through ?? ended, Earlier(ended, current.To));
        }

        if (_wishes.WentBack(now)) Leave(changes);
        var anew = _startedAt is not null && _wishes.Asked is null;
        _wishes.Ask(wanted, now);
        if (_startedAt is null) Recover(now, changes);
        else if (anew) _fresh = _wishes.Current is not null;
        while (_wishes.Current is { } wish && Follow(wish, observed, now, changes)) Next();
        if (_wishes.Current is null) _breaks = observed.Recorder?.BreakCount ?? 0;
    }

    /// <summary>Nothing is wanted any more: what lasts ends.</summary>
    /// <param name="end">End of the footage, when it is known.</param>
    /// <param name="now">The box's clock.</param>
    /// <param name="changes">Takes what changed.</param>
    public void Stop(Instant? end, Instant now, GapChanges changes)
    {
        // After a start that finds the camera switched off, the wish ended when the box last looked.
        var at = _startedAt is null && known.SeenAt is { } seen ? seen : _open is null && end >= _wishes.Current?.From ? end!.Value : now;
        _startedAt ??= now;
        if (_wishes.Current is { } wish) End(wish, Earlier(at, wish.To), changes);
        else if (_open is not null) Close(at, null, changes);
        _wishes.Clear();
        Reset();
    }

    private static Instant Milliseconds(Instant time) => Instant.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private static Instant Earlier(Instant time, Instant? limit) => limit < time ? limit.Value : time;

    /// <summary>The first look after a start: what was wanted meanwhile was not recorded.</summary>
    private void Recover(Instant now, GapChanges changes)
    {
        _startedAt = now;
        if (known is { SeenAt: null, WantedSince: null })
        {
            _fresh = _wishes.Current is not null;
            return;
        }

        // What was salvaged of a disk in trouble is footage: the gap begins behind it.
        if (_open is { } open && IsDisk(open.Cause) && known.Through is { } salvaged && salvaged > open.Start && salvaged <= now)
        {
            _open = open with { Start = Milliseconds(salvaged), Revision = open.Revision + 1 };
            changes.Gaps.Add(_open);
        }

        while (_wishes.Current is { } wish)
        {
            // A wish from before that never had footage is judged like a new camera while it lasts.
            var seen = Instant.Max(_through ?? Instant.MinValue, known.Through ?? Instant.MinValue);
            // A clock that went back: the newest footage is not the last, and only the box's last look can say since when nothing was recorded.
            if (seen > now) seen = known.SeenAt <= now ? known.SeenAt.Value : Instant.MinValue;
            var from = seen >= wish.From ? seen : wish.From == known.WantedSince && wish.To is null ? (Instant?)null : wish.From;
            if (_open is null && from is { } begin && !(wish.To - begin <= Shortest)) Begin(Milliseconds(begin), GapCause.ProcessDown, "the box's program was not running", now, changes);
            if (wish.To is not { } to)
            {
                Note(changes);
                _openedAt = now;
                return;
            }

            End(wish, to, changes);
            Next();
        }

        if (_open is not null) Close(known.SeenAt ?? now, null, changes);
    }

    /// <summary>The clock was set back: the time of the wish is over, and what is wanted now begins anew.</summary>
    private void Leave(GapChanges changes)
    {
        if (_wishes.Current is { } wish) End(wish, _wishes.Asked ?? wish.From, changes);
        _wishes.Clear();
        Reset();
    }

    /// <summary>Follows a wish; true when it is over and judged.</summary>
    private bool Follow(TrackedWish wish, CameraObserved observed, Instant now, GapChanges changes)
    {
        var progress = observed.Recorder ?? RecorderProgress.Empty;
        TakeBreaks(wish, progress, now, changes);
        // A begin that is far from having come is one from before the clock was set back.
        if (progress.RecordedSince is { } since && progress.RecordedThrough is { } through && through > wish.From && (through > since || since > now + Patience))
            Recorded(ref wish, since > through ? wish.From : since, through, now, changes);
        else if (progress.RecordedSince is null && End(progress) is { } end && end >= wish.From) _through = Earlier(end, wish.To);
        var fails = GapCauses.Fails(observed);
        if (wish.To is { } to) return Settle(wish, to, observed, fails, now, changes);
        if (_open is not null) Refine(observed, fails, now, changes);
        else if (Missing(wish, progress, fails, now)) Begin(Milliseconds(_through ?? wish.From), causes.Judge(observed, _pipelines > 1), observed.Cause, now, changes);
        return false;
    }

    /// <summary>Judges a wish that is over, once its last footage had the time to reach the disk.</summary>
    private bool Settle(TrackedWish wish, Instant to, CameraObserved observed, bool fails, Instant now, GapChanges changes)
    {
        var given = fails || wish.Jumped || now - to > Patience;
        if (_open is null && to - (_through ?? wish.From) > Shortest)
        {
            if (!given) return false;
            Begin(Milliseconds(_through ?? wish.From), wish.Jumped ? GapCause.ClockStep : causes.Judge(observed, _pipelines > 1), observed.Cause, now, changes);
        }
        else if (_open is not null && !given)
        {
            return false;
        }

        End(wish, to, changes);
        return true;
    }

    private void End(TrackedWish wish, Instant at, GapChanges changes)
    {
        if (_open is not null) Close(at, null, changes);
        // A new camera that was never seen is not wanted footage of.
        if (!_noted && _fresh && wish.From != known.WantedSince) return;
        var end = Instant.Max(wish.From, at);
        changes.Wanted.Add((camera, wish.From, end));
        _ended = new WantedSeal(camera, wish.From, end);
    }

    private void Next()
    {
        _wishes.Drop();
        Reset();
    }

    private void Reset() => (_through, _open, _noted, _fresh) = (null, null, false, false);

    /// <summary>A volume that fails keeps less than it was given.</summary>
    private Instant? End(RecorderProgress progress) => causes.Disk() is null ? progress.MediaEnd ?? progress.RecordedThrough : progress.RecordedThrough;

    private bool Missing(TrackedWish wish, RecorderProgress progress, bool fails, Instant now)
    {
        var age = now - (_through ?? wish.From);
        if (fails) return true;
        if (age > Patience) return true;
        if (age > DiskPatience && causes.Disk() is not null) return true;
        return _pipelines > 1 && _through is not null && progress.RecordedSince is null && age > Shortest;
    }

    /// <summary>The recorder's own breaks, once footage behind them is on disk: exact, and seen even when they were over before anybody looked.</summary>
    private void TakeBreaks(TrackedWish wish, RecorderProgress progress, Instant now, GapChanges changes)
    {
        var fresh = (int)Math.Min(progress.BreakCount - _breaks, progress.Breaks.Count);
        for (var i = progress.Breaks.Count - fresh; i < progress.Breaks.Count; i++)
        {
            var (from, to, cause) = progress.Breaks[i];
            if (!(progress.RecordedThrough > to) || from >= wish.To) return;
            _breaks++;
            // A start that did not hold is part of the longer break that follows.
            if (i + 1 < progress.Breaks.Count && progress.Breaks[i + 1].From < to) continue;
            (from, to) = (Instant.Max(Milliseconds(from), Milliseconds(wish.From)), Milliseconds(Earlier(to, wish.To)));
            if (to <= from) continue;
            if (_open is null) Begin(from, causes.OfBreak(cause), null, now, changes);
            else if (to <= _open.Start) continue;
            else if (_open.Cause is not (GapCause.ProcessDown or GapCause.Operator)) _open = _open with { Start = from };
            // What the recorder saw names a disk's trouble better than a look once a second.
            var told = causes.OfBreak(cause);
            var better = told == GapCause.ClockStep || (IsFull(told) && _open!.Cause == GapCause.DiskError) || (IsDisk(told) && _open!.Cause == GapCause.Stalled);
            Close(to, better ? told : null, changes);
            _through = to;
        }

        _breaks = progress.BreakCount;
    }

    private void Recorded(ref TrackedWish wish, Instant since, Instant through, Instant now, GapChanges changes)
    {
        var begin = Milliseconds(Earlier(since, wish.To));
        if (_open is { } open)
        {
            if (through <= open.Start) return;
            Close(Instant.Max(begin, open.Start), null, changes);
        }
        else if (_fresh && _through is null && !_noted && since - wish.From <= Patience && since > wish.From && wish.To is null)
        {
            // A new camera's first connect is not a gap.
            wish = _wishes.BeginAt(Milliseconds(since));
        }
        else if (begin - (_through ?? wish.From) > Shortest)
        {
            var cause = _through is not null || _fresh ? GapCause.Operator : wish.From < _startedAt + Patience ? GapCause.ProcessDown : GapCause.CameraUnreachable;
            Begin(Milliseconds(_through ?? wish.From), cause, null, now, changes);
            Close(begin, null, changes);
        }

        Note(changes);
        _through = Earlier(through, wish.To);
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
            || (open.Cause == GapCause.DiskError && IsFull(cause))
            // What was full of held evidence once stays it: the alarm may fall while the gap lasts.
            || (open.Cause == GapCause.DiskFull && cause == GapCause.DiskFullHeld);
        if (!better) return;
        _open = open with { Cause = cause, Detail = Detail(observed.Cause), Revision = open.Revision + 1 };
        changes.Gaps.Add(_open);
    }

    private static bool IsDisk(GapCause cause) => cause == GapCause.DiskError || IsFull(cause);

    private static bool IsFull(GapCause cause) => cause is GapCause.DiskFull or GapCause.DiskFullHeld;

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
        if (_noted || _wishes.Current is not { } wish) return;
        _noted = true;
        if (wish.To is null) changes.Wanted.Add((camera, wish.From, null));
    }
}

/// <summary>What one step found new.</summary>
internal sealed class GapChanges
{
    public List<GapData> Gaps { get; } = [];

    public List<(Guid Camera, Instant From, Instant? To)> Wanted { get; } = [];
}
