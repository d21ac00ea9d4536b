using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>
/// Stands between a stream and its recorder and lets media through while recording is wanted. Recording ends at a keyframe, and no picture that was recorded passes
/// again, so that stop and start neither lose nor double one. Callbacks run on the ingest thread; the rest may be called by any.
/// </summary>
internal sealed class RecordGate(CameraRecorder recorder, IClock clock) : IStreamSubscriber
{
    /// <summary>Longest wait for a keyframe to end with.</summary>
    private static readonly Duration EndPatience = Duration.FromSeconds(10);

    private readonly Lock _gate = new();
    private bool _open;
    private bool _starting;
    private Instant? _until;
    private StreamRun? _run;
    private (Guid Run, long Timestamp) _recorded = (Guid.Empty, long.MinValue);

    /// <summary>Media passes.</summary>
    public bool IsOpen
    {
        get
        {
            lock (_gate) return _open && !(_until is { } until && clock.GetCurrentInstant() >= until + EndPatience);
        }
    }

    /// <summary>Lets media through from now on; false when it does already, and an end that was set is taken back.</summary>
    public bool Open()
    {
        lock (_gate)
        {
            _until = null;
            if (_open) return false;
            return _open = _starting = true;
        }
    }

    /// <summary>Lets media through up to the first keyframe at or after a moment.</summary>
    public void CloseAt(Instant until)
    {
        lock (_gate)
        {
            if (_open) _until = until;
        }
    }

    public void OnRun(StreamRun run)
    {
        lock (_gate)
        {
            _run = run;
            if (_open) recorder.OnRun(run);
        }
    }

    public void OnFormat(StreamFormat format)
    {
        lock (_gate)
        {
            if (_open) recorder.OnFormat(format);
        }
    }

    public void OnAccessUnit(in AccessUnit unit)
    {
        lock (_gate)
        {
            if (!_open) return;
            if (unit.Track == TrackKind.Video)
            {
                if (_until is { } until && (unit.IsKeyframe ? unit.Time >= until : unit.Time >= until + EndPatience))
                {
                    Rest(unit);
                    return;
                }

                if (_starting && !(unit.IsKeyframe && (_run?.Id != _recorded.Run || unit.Timestamp > _recorded.Timestamp))) return;
                _starting = false;
                _recorded = (_run?.Id ?? Guid.Empty, _run?.Id == _recorded.Run ? Math.Max(_recorded.Timestamp, unit.Timestamp) : unit.Timestamp);
            }
            else if (_starting) return;

            recorder.OnAccessUnit(unit);
        }
    }

    public void OnDamage(int packetsLost)
    {
        lock (_gate)
        {
            if (_open) recorder.OnDamage(packetsLost);
        }
    }

    public void OnLost(StreamLoss loss, string cause)
    {
        lock (_gate)
        {
            if (!_open) return;
            recorder.OnLost(loss, cause);
            if (_until <= clock.GetCurrentInstant()) Rest(null);
        }
    }

    public void OnCameraOffset(Duration offset) => recorder.OnCameraOffset(offset);

    public void OnTime(Duration monotonic)
    {
        lock (_gate)
        {
            if (_open) recorder.OnTime(monotonic);
        }
    }

    private void Rest(AccessUnit? next)
    {
        (_open, _until) = (false, null);
        recorder.Rest(next);
    }
}
