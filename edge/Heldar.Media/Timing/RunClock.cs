using System.Runtime.InteropServices;
using Heldar.Media.Rtp;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Timing;

/// <summary>Where a picture stands in time.</summary>
/// <param name="Timestamp">RTP time, unwrapped, without jumps within a run.</param>
/// <param name="Time">UTC.</param>
/// <param name="NewRun">Set when a run starts with this picture.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Placement(long Timestamp, Instant Time, RunReason? NewRun);

/// <summary>
/// The time rule for one track: UTC = least delayed arrival + RTP time, slewed at most 500 ppm within a run.
/// <para>
/// For each picture the offset "arrival minus RTP time" is observed; the least of the last 15 to 30 s is the target (a delay only ever adds), and
/// the offset in use approaches it by at most 500 ppm of elapsed time. When that cannot follow (more than 1 s away), when timestamps jump (more than
/// 10 s off, more than 2 s back, or a keyframe that is not ahead of everything before it), or when the box's clock is stepped, the next keyframe
/// opens a new run. Until that keyframe, pictures are carried on in the old timeline, so that none is lost and none jumps.
/// B-frames arrive out of presentation order; going back by less than 2 s within a GOP is not a jump.
/// </para>
/// <para>
/// A run never trusts the arrival of one picture when more is known, for the keyframe that opens it may be seconds late: where the timestamps go on,
/// it takes the target over; where they are new, whoever places pictures shows it those that follow first (<see cref="IsUnplaced"/>,
/// <see cref="Preview"/>).
/// </para>
/// Ingest thread only.
/// </summary>
/// <param name="rate">RTP clock in Hz.</param>
/// <param name="opensRuns">True for video. An audio track follows: it carries jumps on for ever, and is put right when video starts a run.</param>
internal sealed class RunClock(int rate, bool opensRuns)
{
    private const long Second = ArrivalTime.Second;
    private const long JumpLimit = 10 * Second;
    private const long BackLimit = 2 * Second;
    private const long FollowLimit = Second;
    private const long CameraLimit = 5 * Second;
    private const long VideoBelief = CameraLimit + FollowLimit;
    private const long AudioBelief = FollowLimit;
    private const long StepLimit = Second / 5;
    private const long Window = 15 * Second;
    private const long SlewPerSecond = Second / 2000;

    private long _last;
    private bool _unwrapping;
    private bool _running;
    private RunReason? _pending;
    private bool _unplaced;
    private long _bridge;
    private long _highest;
    private long _highestAt;
    private long _interval;
    private long _offset;
    private long _leastNow;
    private long _leastBefore;
    private long _windowEnd;
    private long _slewedAt;
    private long _wallMinusMonotonic;
    private long _stepHeld;
    private long? _cameraEpoch;
    private bool _trusted;
    private long _previewed = long.MaxValue;

    /// <summary>What to add to the camera's time to get this track's; null before the first sender report.</summary>
    public long? Bias => _running && _cameraEpoch is { } camera ? _offset - camera : null;

    /// <summary>Follow the camera's time plus this, instead of the arrivals: 0 for <c>clock: camera</c>, the video track's bias for audio.</summary>
    public long? FollowBias { get; set; }

    /// <summary>What this track's time is ahead of its arrivals, in nanoseconds: not 0 while it follows the camera's clock, or slews.</summary>
    public long Lead => _running ? _offset - Least : 0;

    /// <summary>For audio: video's <see cref="Lead"/>, so that both are dated alike.</summary>
    public long FollowLead { get; set; }

    /// <summary>Video started a run: the steps that were held back count from now on. The track's own timeline goes on.</summary>
    public void Rejoin(in ArrivalTime now)
    {
        if (!_running) return;
        HeldStep(now);
        Continue(now.Monotonic);
    }

    /// <summary>True when this picture would open a run whose timestamps say nothing yet, after a connect or a jump.</summary>
    public bool IsUnplaced(uint rtpTimestamp, bool isKeyframe, in ArrivalTime now) =>
        !_running || (opensRuns && isKeyframe && (_unplaced || IsJump(Unwrap(rtpTimestamp) + _bridge, now.Wall - HeldStep(now), isKeyframe)));

    /// <summary>
    /// Shows a picture that will be placed later, before a run: the run's offset then starts from the least delayed of all that were shown. A
    /// camera's first pictures are often late (a kept keyframe, an encoder that starts), and slewing would need minutes to make up for it.
    /// </summary>
    /// <returns>Nanoseconds by which it was less delayed than all before it; <see cref="long.MaxValue"/> for the first.</returns>
    public long Preview(uint rtpTimestamp, in ArrivalTime now)
    {
        var raw = Unwrap(rtpTimestamp);
        _last = raw;
        var observed = now.Wall - ArrivalTime.FromTicks(raw, rate);
        var less = _previewed == long.MaxValue ? long.MaxValue : Math.Max(0, _previewed - observed);
        _previewed = Math.Min(_previewed, observed);
        return less;
    }

    /// <summary>Places one picture.</summary>
    public Placement Place(uint rtpTimestamp, bool isKeyframe, in ArrivalTime now)
    {
        var raw = Unwrap(rtpTimestamp);
        _last = raw;
        var wall = now.Wall - HeldStep(now);
        var timestamp = raw + _bridge;
        if (_running && IsJump(timestamp, wall, isKeyframe))
        {
            _pending = RunReason.TimestampJump;
            _unplaced = true;
            _cameraEpoch = null;
            if (!opensRuns || !isKeyframe)
            {
                timestamp = Carry(raw, now, wall);
                _previewed = long.MaxValue;
            }
        }

        RunReason? started = null;
        if (!_running || (opensRuns && isKeyframe && _pending is not null))
        {
            started = _running ? _pending : RunReason.Connected;
            if (!_running || _unplaced)
            {
                timestamp = raw;
                Start(raw, now);
            }
            else
            {
                _leastNow = Math.Min(_leastNow, wall - ArrivalTime.FromTicks(raw, rate));
                Continue(now.Monotonic);
            }
        }
        else
        {
            Observe(wall - ArrivalTime.FromTicks(timestamp, rate), now.Monotonic);
            // Carried pictures show the timeline that the next keyframe starts in.
            if (_unplaced) _previewed = Math.Min(_previewed, now.Wall - ArrivalTime.FromTicks(raw, rate));
        }

        if (started is not null || timestamp > _highest)
        {
            _interval = started is null ? timestamp - _highest : 0;
            (_highest, _highestAt) = (timestamp, now.Monotonic);
        }

        var time = _offset + ArrivalTime.FromTicks(timestamp, rate);
        return new Placement(timestamp, Instant.FromUnixTimeTicks(time / 100), started);
    }

    /// <summary>Takes a sender report; returns camera clock minus box clock, or null when the camera has no clock.</summary>
    public Duration? Report(in SenderReport report, in ArrivalTime now)
    {
        if (report.Ntp == 0) return null;
        var camera = report.TimeNear(now.Instant);
        var offset = camera - now.Instant;
        _cameraEpoch = (camera.ToUnixTimeTicks() * 100) - ArrivalTime.FromTicks(Unwrap(report.Timestamp) + _bridge, rate);
        // Audio follows the camera's time only to align with video: there the camera's distance from the box does not matter.
        _trusted = !opensRuns || (offset <= Duration.FromNanoseconds(CameraLimit) && offset >= Duration.FromNanoseconds(-CameraLimit));
        return offset;
    }

    private long Least => Math.Min(_leastNow, _leastBefore);

    /// <summary>Where the offset should be: by the camera's time where that is asked for and near enough to be true, otherwise by the arrivals.</summary>
    private long Target()
    {
        var arrivals = Least + FollowLead;
        if (FollowBias is not { } bias || _cameraEpoch is not { } camera || !_trusted) return arrivals;
        return Math.Abs(camera + bias - arrivals) <= (opensRuns ? VideoBelief : AudioBelief) ? camera + bias : arrivals;
    }

    private long Unwrap(uint rtpTimestamp)
    {
        if (!_unwrapping)
        {
            _unwrapping = true;
            _last = rtpTimestamp;
        }

        return _last + (int)(rtpTimestamp - (uint)_last);
    }

    /// <summary>Nanoseconds that the wall clock was stepped by since the run began; they count only from the next run on.</summary>
    private long HeldStep(in ArrivalTime now)
    {
        var difference = now.Wall - now.Monotonic;
        var step = difference - _wallMinusMonotonic;
        _wallMinusMonotonic = difference;
        if (!_running || Math.Abs(step) <= StepLimit) return _stepHeld;
        _stepHeld += step;
        _pending = RunReason.ClockStep;
        return _stepHeld;
    }

    private bool IsJump(long timestamp, long wall, bool isKeyframe)
    {
        var deviation = wall - ArrivalTime.FromTicks(timestamp, rate) - _offset;
        if (Math.Abs(deviation) > JumpLimit) return true;
        return timestamp < _highest - ArrivalTime.ToTicks(BackLimit, rate) || (opensRuns && isKeyframe && timestamp < _highest);
    }

    /// <summary>
    /// Moves the raw timestamps so that this picture falls behind all before it: where its arrival says when it is as late as the one before, at least
    /// one interval on, and never behind its arrival.
    /// </summary>
    private long Carry(long raw, in ArrivalTime now, long wall)
    {
        var since = Math.Max(ArrivalTime.ToTicks(now.Monotonic - _highestAt, rate), _interval);
        var timestamp = Math.Max(Math.Min(_highest + since, ArrivalTime.ToTicks(wall - _offset, rate)), _highest + 1);
        _bridge = timestamp - raw;
        return timestamp;
    }

    /// <summary>A run in timestamps that nothing is known of but what was shown.</summary>
    private void Start(long raw, in ArrivalTime now)
    {
        _running = true;
        _pending = null;
        _unplaced = false;
        _cameraEpoch += ArrivalTime.FromTicks(_bridge, rate);
        _bridge = 0;
        _stepHeld = 0;
        var observed = now.Wall - ArrivalTime.FromTicks(raw, rate);
        // What was shown counts only near this picture; anything else was another timeline.
        if (_previewed < observed && observed - _previewed < JumpLimit) observed = _previewed;
        _previewed = long.MaxValue;
        _leastNow = _leastBefore = observed;
        _windowEnd = now.Monotonic + Window;
        _slewedAt = now.Monotonic;
        _offset = Target();
    }

    /// <summary>A run in timestamps that go on: it begins where slewing would have led to, by the box's clock as it is now.</summary>
    private void Continue(long monotonic)
    {
        _pending = null;
        _leastNow += _stepHeld;
        _leastBefore += _stepHeld;
        _stepHeld = 0;
        _offset = Target();
        _slewedAt = monotonic;
    }

    private void Observe(long observed, long monotonic)
    {
        if (monotonic >= _windowEnd)
        {
            (_leastBefore, _leastNow) = (_leastNow, observed);
            _windowEnd = monotonic + Window;
        }

        _leastNow = Math.Min(_leastNow, observed);
        var away = Target() - _offset;
        var most = Math.Max(0, monotonic - _slewedAt) * SlewPerSecond / Second;
        var follows = Math.Abs(away) <= FollowLimit;
        if (opensRuns && !follows) _pending ??= RunReason.TimestampJump;
        // Sound has no run to start: it is put right at once, rather than be apart from its pictures for hours.
        _offset += opensRuns || follows ? Math.Clamp(away, -most, most) : away;
        _slewedAt = Math.Max(_slewedAt, monotonic);
    }
}
