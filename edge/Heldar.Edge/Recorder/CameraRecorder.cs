using Heldar.Edge.Storage;
using Heldar.Media.Mp4;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>
/// Records one camera: a subscriber of its stream. The callbacks run on the ingest thread and never wait; fragments go to a volume's writer, and when
/// that is full or fails, the recorder drops its own media up to the next keyframe. <see cref="DisposeAsync"/> writes what is in memory and waits
/// until the running segment is sealed.
/// </summary>
internal sealed partial class CameraRecorder : IStreamSubscriber, IAsyncDisposable, ISegmentOwner
{
    private const int MaxFragmentBytes = 16 << 20;
    private const long UsualInterval = VideoFormat.ClockRate / 25;

    /// <summary>After so many pictures in the order in which they are shown, a camera sends them so.</summary>
    private const int KnownInOrder = 4;

    /// <summary>Twice the camera's interval for one with less than a picture a second.</summary>
    private static readonly long LongestHole = VideoFormat.ClockRate;

    /// <summary>A fragment that is long enough waits this much for the picture that tells how long its last one lasts.</summary>
    private static readonly Duration Patience = Duration.FromMilliseconds(100);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(10);

    private readonly CameraIdentity _camera;
    private readonly VolumeWriters _writers;
    private readonly IClock _clock;
    private readonly ILogger<CameraRecorder> _log;
    private readonly Lock _gate = new();
    private readonly FragmentPool _pool = new();
    private readonly FragmentWriter _fragments = new();
    private readonly TrackSamples _video = new();
    private readonly AudioLane _audio = new();
    private readonly FootageChain _chain = new();
    private readonly long _fragmentTicks;
    private readonly Duration _longestHeld;

    private StreamRun? _run;
    private StreamFormat? _format;
    private long? _cameraOffsetMs;
    private string _cause = "started";
    private Duration _segmentLength;
    private bool _rested;
    private bool _disposed;

    public CameraRecorder(CameraIdentity camera, RecorderOptions options, VolumeWriters writers, IClock clock, ILogger<CameraRecorder> log)
    {
        (_camera, _writers, _clock, _log) = (camera, writers, clock, log);
        _segmentLength = options.SegmentLength;
        _fragmentTicks = (long)(options.FragmentLength.TotalSeconds * VideoFormat.ClockRate);
        _longestHeld = options.FragmentLength + Patience;
        _video.Clear();
    }

    public CameraIdentity Camera => _camera;

    /// <summary>Target length of a segment, as in <see cref="RecorderOptions.SegmentLength"/>; a new one counts from the next keyframe on, for the running segment too.</summary>
    public Duration SegmentLength
    {
        get
        {
            lock (_gate) return _segmentLength;
        }

        set
        {
            lock (_gate) _segmentLength = value;
        }
    }

    /// <summary>What is on disk, as a fresh snapshot.</summary>
    public RecorderProgress Progress
    {
        get
        {
            lock (_gate)
            {
                return new RecorderProgress
                {
                    RecordedSince = _since,
                    RecordedThrough = _through,
                    MediaEnd = _chain.MediaEnd,
                    Breaks = _chain.Breaks,
                    BreakCount = _chain.BreakCount,
                    OpenSegment = _file?.Label.Segment,
                    OpenStart = _file?.Label.Start,
                    OpenPath = _file?.FullPath,
                    OpenBytes = _file is null ? 0 : _durableBytes,
                    Segments = _segments,
                    Bytes = _bytes,
                    Frames = _frames,
                    DroppedFrames = _droppedFrames,
                    DroppedAudio = _audio.Dropped,
                    LastError = _lastError,
                    LastFault = _lastFault,
                };
            }
        }
    }

    public void OnRun(StreamRun run)
    {
        lock (_gate)
        {
            if (run.Reason != RunReason.Connected) _cause = run.Reason == RunReason.ClockStep ? "clock_step" : "timestamp_jump";
            EndSegment(null);
            (_run, _interval) = (run, 0);
        }
    }

    public void OnFormat(StreamFormat format)
    {
        lock (_gate)
        {
            if (_file is not null && !format.Equals(_format)) EndSegment(null);
            _format = format;
        }
    }

    public void OnAccessUnit(in AccessUnit unit)
    {
        lock (_gate)
        {
            if (_disposed) return;
            if (unit.Track == TrackKind.Video) Video(unit);
            else if (_file is not null) Audio(unit);
        }
    }

    public void OnDamage(int packetsLost)
    {
        lock (_gate) _cause = "packets_lost";
    }

    public void OnLost(StreamLoss loss, string cause)
    {
        lock (_gate)
        {
            _cause = loss switch
            {
                StreamLoss.Stopped => "stopped",
                StreamLoss.AuthFailed => "auth_failed",
                StreamLoss.Stalled => "stalled",
                StreamLoss.Protocol => "protocol",
                _ => "unreachable",
            };
            EndSegment(null);
            _since = null;
        }
    }

    public void OnCameraOffset(Duration offset)
    {
        lock (_gate) _cameraOffsetMs = (long)offset.TotalMilliseconds;
    }

    /// <summary>Media that has waited long enough for more of its fragment is written, also when no more comes.</summary>
    public void OnTime(Duration monotonic)
    {
        lock (_gate)
        {
            _now = monotonic;
            if (_heldSince is { } since && monotonic - since >= _longestHeld) Flush(null, goesOn: true);
        }
    }

    /// <summary>Recording is not wanted any more: the running segment ends here, and the pause that follows is no break.</summary>
    /// <param name="next">The picture that is not recorded any more, which says how long the last one lasts; null when there is none.</param>
    public void Rest(AccessUnit? next)
    {
        lock (_gate)
        {
            EndSegment(next);
            _since = null;
            _rested = true;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task closed;
        lock (_gate)
        {
            if (_disposed) return;
            EndSegment(null);
            _disposed = true;
            _audio.Clear();
            _since = null;
            closed = _pending == 0 ? Task.CompletedTask : _allClosed.Task;
        }

        try
        {
            await closed.WaitAsync(CloseTimeout);
        }
        catch (TimeoutException)
        {
            LogCloseTimedOut(_log, _camera.Slug, CloseTimeout.TotalSeconds);
        }
    }
}
