using Heldar.Edge.PreRoll;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>
/// Stands between a stream and its recorder and lets media through while recording is wanted; until then a ring keeps the last seconds, when there is to be a
/// pre-roll. A start gives the ring to the recorder from its front while the stream goes on at its end, until both meet. Recording ends at a keyframe, and no picture
/// that was recorded passes again, so that stop and start neither lose nor double one. Callbacks run on the ingest thread; the rest may be called by any.
/// </summary>
internal sealed partial class RecordGate : IStreamSubscriber, IAsyncDisposable
{
    /// <summary>Longest wait for a keyframe to end with.</summary>
    private static readonly Duration EndPatience = Duration.FromSeconds(10);

    private readonly CameraRecorder _recorder;
    private readonly PreRollStore _rings;
    private readonly Func<bool> _isBusy;
    private readonly IClock _clock;
    private readonly ILogger _log;
    private readonly Lock _gate = new();
    private readonly CancellationTokenSource _stop = new();
    private State _state;
    private bool _starting;
    private bool _waits;
    private Instant? _until;
    private StreamRun? _run;
    private StreamFormat? _format;
    private (Guid Run, long Timestamp) _recorded = (Guid.Empty, long.MinValue);
    private Guid _passing;
    private PreRollRing? _ring;
    private Duration _preRoll;
    private Task _draining = Task.CompletedTask;

    /// <param name="recorder">Takes what passes.</param>
    /// <param name="rings">Where a pre-roll is kept.</param>
    /// <param name="isBusy">The volumes have enough to write: the ring waits.</param>
    /// <param name="clock">The box's wall clock.</param>
    /// <param name="log">For people.</param>
    public RecordGate(CameraRecorder recorder, PreRollStore rings, Func<bool> isBusy, IClock clock, ILogger log) =>
        (_recorder, _rings, _isBusy, _clock, _log) = (recorder, rings, isBusy, clock, log);

    private enum State
    {
        Closed,

        /// <summary>The ring is given to the recorder; the stream goes to the ring.</summary>
        Draining,
        Open,
    }

    /// <summary>Media passes.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate) return _state != State.Closed && !(_until is { } until && _clock.GetCurrentInstant() >= until + EndPatience);
        }
    }

    /// <summary>What the ring holds; null without one.</summary>
    public PreRollProgress? PreRoll
    {
        get
        {
            lock (_gate) return _ring?.Progress;
        }
    }

    /// <summary>How much to keep while nothing is recorded; zero keeps nothing and costs nothing.</summary>
    public void Keep(Duration preRoll)
    {
        lock (_gate)
        {
            _preRoll = preRoll;
            if (_ring is { } ring && preRoll > Duration.Zero) ring.Length = preRoll;
            else if (_state == State.Closed) Rewind(null);
        }
    }

    /// <summary>
    /// Lets media through from now on, beginning with what the ring holds from a moment on. True when there is no ring and the stream is to be subscribed to anew, so
    /// that it begins with the picture group that runs; false when media passed already, and an end that was set is taken back.
    /// </summary>
    public bool Open(Instant from)
    {
        lock (_gate)
        {
            _until = null;
            if (_state != State.Closed) return false;
            _starting = true;
            if (_ring is not { } ring)
            {
                (_state, _waits) = (State.Open, true);
                return true;
            }

            _waits = false;
            ring.StartAt(from);
            _state = State.Draining;
            _draining = DrainAsync(_draining, ring);
            return false;
        }
    }

    /// <summary>Lets media through up to the first keyframe at or after a moment.</summary>
    public void CloseAt(Instant until)
    {
        lock (_gate)
        {
            if (_state != State.Closed) _until = until;
        }
    }

    public void OnRun(StreamRun run)
    {
        lock (_gate)
        {
            (_run, _format) = (run, null);
            if (_state == State.Open) PassRun(run);
            else _ring?.Append(run);
        }
    }

    public void OnFormat(StreamFormat format)
    {
        lock (_gate)
        {
            _format = format;
            if (_state == State.Open) _recorder.OnFormat(format);
            else _ring?.Append(format);
        }
    }

    public void OnAccessUnit(in AccessUnit unit)
    {
        lock (_gate)
        {
            if (_state == State.Open)
            {
                if (_waits || TryPass(unit)) return;
            }

            _ring?.Append(unit);
        }
    }

    public void OnDamage(int packetsLost)
    {
        lock (_gate)
        {
            if (_state == State.Open) _recorder.OnDamage(packetsLost);
            else _ring?.Append(new RingDamage(packetsLost));
        }
    }

    public void OnLost(StreamLoss loss, string cause)
    {
        lock (_gate)
        {
            (_run, _format) = (null, null);
            if (_state == State.Open) PassLoss(new RingLoss(loss, cause));
            else _ring?.Append(new RingLoss(loss, cause));
        }
    }

    public void OnCameraOffset(Duration offset) => _recorder.OnCameraOffset(offset);

    public void OnTime(Duration monotonic)
    {
        lock (_gate)
        {
            if (_state == State.Open) _recorder.OnTime(monotonic);
        }
    }

    private void PassRun(StreamRun run)
    {
        // The same run again is a new subscription, which begins with what may have passed.
        _starting |= _passing == run.Id;
        (_passing, _waits) = (run.Id, false);
        _recorder.OnRun(run);
    }

    private void PassLoss(RingLoss loss)
    {
        _recorder.OnLost(loss.Loss, loss.Cause);
        if (_until <= _clock.GetCurrentInstant()) Rest(null);
    }

    /// <summary>Gives a unit to the recorder, or leaves it out; false when recording ended before it.</summary>
    private bool TryPass(in AccessUnit unit)
    {
        if (unit.Track == TrackKind.Audio)
        {
            if (!_starting) _recorder.OnAccessUnit(unit);
            return true;
        }

        if (_until is { } until && (unit.IsKeyframe ? unit.Time >= until : unit.Time >= until + EndPatience))
        {
            Rest(unit);
            return false;
        }

        // What was recorded before a pause comes again with a new subscription.
        var again = _passing == _recorded.Run && unit.Timestamp <= _recorded.Timestamp;
        if (_starting && (again || !unit.IsKeyframe)) return true;
        _starting = false;
        if (!again) _recorded = (_passing, unit.Timestamp);
        _recorder.OnAccessUnit(unit);
        return true;
    }

    private void Rest(AccessUnit? next)
    {
        var ring = _state == State.Draining ? _ring : null;
        (_state, _until) = (State.Closed, null);
        _recorder.Rest(next);
        Rewind(ring);
    }

    /// <summary>Makes the ring what the pre-roll wants; one that is being read goes on with what is left in it.</summary>
    private void Rewind(PreRollRing? read)
    {
        if (_preRoll == Duration.Zero)
        {
            _ring?.Dispose();
            _ring = null;
            return;
        }

        if (read is not null)
        {
            read.StopReading();
            return;
        }

        _ring ??= _rings.Open(_recorder.Camera.Slug, _preRoll);
        _ring.Begin(_run, _format);
    }
}
