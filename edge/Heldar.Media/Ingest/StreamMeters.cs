using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Ingest;

/// <summary>State, cause and rates of a session. Written by the session's loop and the ingest thread, read by any.</summary>
internal sealed class StreamMeters(IClock clock)
{
    private readonly Lock _gate = new();
    private StreamState _state = StreamState.Connecting;
    private Instant _since = clock.GetCurrentInstant();
    private string? _cause;
    private StreamFailure _failure;
    private Instant? _lastMediaAt;
    private Instant? _lastAudioAt;
    private Duration? _cameraOffset;
    private double _fps;
    private long _bitsPerSecond;
    private long _lost;
    private int _reconnects;
    private int _faults;

    public void Failed(StreamState state, StreamFailure failure, string cause)
    {
        lock (_gate)
        {
            if (_state != state) _since = clock.GetCurrentInstant();
            (_state, _failure, _cause) = (state, failure, cause);
        }
    }

    public void Published(Instant now)
    {
        lock (_gate)
        {
            _lastMediaAt = now;
            if (_state == StreamState.Streaming) return;
            (_state, _failure, _cause, _since) = (StreamState.Streaming, StreamFailure.None, null, now);
        }
    }

    public void Heard(Instant now)
    {
        lock (_gate) _lastAudioAt = now;
    }

    public void Measured(double fps, long bitsPerSecond, long lost)
    {
        lock (_gate)
        {
            (_fps, _bitsPerSecond) = (fps, bitsPerSecond);
            _lost += lost;
        }
    }

    public void Offset(Duration offset)
    {
        lock (_gate) _cameraOffset = offset;
    }

    public void Stopped() => Measured(0, 0, 0);

    public void Reconnecting() => Interlocked.Increment(ref _reconnects);

    public void Faulted() => Interlocked.Increment(ref _faults);

    public StreamStatus Snapshot(StreamHub hub)
    {
        lock (_gate)
        {
            return new StreamStatus
            {
                State = _state,
                Cause = _cause,
                Failure = _failure,
                Since = _since,
                Format = hub.Format,
                Frames = hub.Frames,
                AudioUnits = hub.AudioUnits,
                LastAudioAt = _lastAudioAt,
                Bytes = hub.Bytes,
                PacketsLost = _lost,
                Fps = _fps,
                BitsPerSecond = _bitsPerSecond,
                LastMediaAt = _lastMediaAt,
                CameraOffset = _cameraOffset,
                Reconnects = Volatile.Read(ref _reconnects),
                SubscriberFaults = Volatile.Read(ref _faults),
            };
        }
    }
}
