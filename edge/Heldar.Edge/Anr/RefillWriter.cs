using Heldar.Edge.Cameras;
using Heldar.Edge.Recorder;
using Heldar.Edge.Storage;
using Heldar.Media.Mp4;
using Heldar.Media.Replay;
using Heldar.Media.SegmentNames;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Anr;

/// <summary>The volume does not take the footage.</summary>
internal sealed class RefillStoppedException(string message) : Exception(message);

/// <summary>
/// Writes what a camera replays as ordinary segments, which say that they come from the camera. Unlike the recorder it waits for the disk, and live footage goes first. A
/// segment that begins in the middle of a group of pictures ends at the next keyframe: only its few pictures need the segment before. No segment reaches beyond
/// <paramref name="limit"/>. One caller at a time; the callbacks come on the volume's thread.
/// </summary>
internal sealed class RefillWriter(VolumeWriters writers, CameraIdentity camera, Instant limit, Duration segmentLength, long? offsetMs, RefillPace pace, IClock clock) : ISegmentOwner
{
    private const int MaxFragmentBytes = 4 << 20;
    private const long MaxQueuedBytes = 32L << 20;
    private const long UsualInterval = VideoFormat.ClockRate / 25;
    private const long LongestHole = VideoFormat.ClockRate;
    private const long FragmentTicks = VideoFormat.ClockRate * 8 / 10;
    private static readonly Duration Jitter = Duration.FromMilliseconds(50);
    private static readonly TimeSpan QueueLook = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan CloseTimeout = TimeSpan.FromSeconds(30);

    private readonly Lock _gate = new();
    private readonly FragmentPool _pool = new();
    private readonly FragmentWriter _fragments = new();
    private readonly TrackSamples _video = new();
    private readonly AudioLane _audio = new();
    private readonly Guid _run = Guid.CreateVersion7(clock.GetCurrentInstant().ToDateTimeOffset());
    private readonly List<Stretch> _closed = [];
    private readonly TaskCompletionSource _allClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private VolumeWriter? _writer;
    private SegmentFile? _file;
    private FragmentJob? _job;
    private StreamFormat? _format;
    private bool _leads;
    private bool _reorders;
    private uint _sequence;
    private Instant _origin;
    private Instant _end;
    private long _fragmentStart;
    private long _decodeEnd;
    private long _latest;
    private long _interval = UsualInterval;
    private int _pending;
    private bool _completed;
    private string? _error;

    /// <summary>Pictures written.</summary>
    public long Frames { get; private set; }

    /// <summary>Bytes written.</summary>
    public long Bytes { get; private set; }

    /// <summary>Adds a picture, in decode order. One that does not follow the picture before opens a segment.</summary>
    /// <param name="unit">The picture.</param>
    /// <param name="time">When it was taken, by the box's clock.</param>
    /// <param name="cancellation">Gives up; what was added is written by <see cref="CompleteAsync"/>.</param>
    /// <exception cref="RefillStoppedException">The volume failed.</exception>
    public async ValueTask AddAsync(ReplayUnit unit, Instant time, CancellationToken cancellation)
    {
        if (_file is { Broken: true }) throw new RefillStoppedException(_error ?? "the volume failed");
        if (_file is not null)
        {
            var at = Ticks(time);
            var hole = !unit.Follows || at - _latest > Math.Max(LongestHole, 2 * _interval) || !unit.Format.Equals(_format);
            if (hole) await EndSegmentAsync(null, cancellation);
            else if (unit.IsKeyframe && (_leads || time - _file.Label.Start >= segmentLength - Jitter)) await EndSegmentAsync(time, cancellation);
            else if (_video.Count > 0 && at > _latest && (unit.IsKeyframe || at - _fragmentStart >= FragmentTicks || _video.Bytes > MaxFragmentBytes)) await FlushAsync(time, cancellation);
        }

        if (_file is null) Begin(unit, time);
        Add(unit, Ticks(time));
    }

    /// <summary>Adds sound; what belongs to no open segment, or cannot be stored, is left out.</summary>
    public void AddSound(ReplayUnit unit, Instant time)
    {
        if (_file is not null) _audio.Add(new AccessUnit(TrackKind.Audio, unit.Timestamp, time, true, unit.Block, unit.Offset, unit.Length));
    }

    /// <summary>Writes the rest and waits until everything is sealed. Answers what is safely on disk, merged.</summary>
    /// <param name="end">Where the last picture ends, when footage of the box follows there.</param>
    /// <param name="cancellation">Gives up waiting.</param>
    public async Task<IReadOnlyList<Stretch>> CompleteAsync(Instant? end, CancellationToken cancellation)
    {
        await EndSegmentAsync(end, cancellation);
        Task closed;
        lock (_gate)
        {
            _completed = true;
            closed = _pending == 0 ? Task.CompletedTask : _allClosed.Task;
        }

        await closed.WaitAsync(CloseTimeout, cancellation);
        lock (_gate) return Stretch.Merge(_closed, Jitter);
    }

    void ISegmentOwner.Durable(SegmentFile file)
    {
    }

    void ISegmentOwner.Closed(SegmentFile file)
    {
        lock (_gate)
        {
            _closed.Add(new Stretch(file.Label.Start, file.End));
            Settle();
        }
    }

    void ISegmentOwner.Failed(SegmentFile file, string error)
    {
        lock (_gate) _error = error;
    }

    void ISegmentOwner.Abandoned(SegmentFile file)
    {
        lock (_gate) Settle();
    }

    private static Instant Milliseconds(Instant time) => Instant.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    private long Ticks(Instant time) => (long)Math.Round((time - _origin).TotalNanoseconds * VideoFormat.ClockRate / 1e9);

    private void Settle()
    {
        if (--_pending == 0 && _completed) _allClosed.TrySetResult();
    }

    private void Begin(in ReplayUnit unit, Instant time)
    {
        var (video, start) = (unit.Format.Video, Milliseconds(time));
        var audio = unit.Format.Audio is { } wanted && Mp4Header.CanStore(wanted) ? wanted : null;
        var label = new SegmentLabel(Guid.CreateVersion7(clock.GetCurrentInstant().ToDateTimeOffset()), camera.Uid, _run, start, video.Width, video.Height, video.CodecString)
        {
            Origin = SegmentOrigin.Camera,
        };
        byte[] header;
        try
        {
            header = Mp4Header.Build(label, video, audio);
        }
        catch (InvalidDataException e)
        {
            throw new RefillStoppedException(e.Message);
        }

        _writer = writers.Pick();
        var file = new SegmentFile(_writer.Volume, new SegmentName(camera.Slug, start, label.Segment).RelativePath, label, camera.Slug, header, this);
        lock (_gate) _pending++;
        if (!_writer.TryOpen(file))
        {
            lock (_gate) _pending--;
            throw new RefillStoppedException(_writer.Failure ?? "the volume cannot keep up");
        }

        (_file, _format, _leads, _sequence, _origin, _end, _decodeEnd, _latest, _reorders) = (file, unit.Format, !unit.IsKeyframe, 0, time, start, 0, -1, false);
        _video.Clear();
        _audio.Start(audio, time);
    }

    private void Add(in ReplayUnit unit, long at)
    {
        _job ??= _pool.Rent();
        if (_video.Count == 0)
        {
            _fragmentStart = at;
            _job.RandomAccessTime = unit.IsKeyframe ? Math.Max(at, _decodeEnd) : -1;
        }

        _reorders |= at < _latest;
        if (at > _latest && _latest >= 0) _interval = at - _latest;
        _latest = Math.Max(_latest, at);
        _job.Add(unit.Block, unit.Offset, unit.Length);
        _video.Add(at, unit.Length, unit.IsKeyframe);
    }

    private async ValueTask FlushAsync(Instant? next, CancellationToken cancellation)
    {
        if (_file is null || (_video.Count == 0 && _audio.Samples.Count == 0)) return;
        if (_video.Count > 0) LayOut(next);
        var job = _job ?? _pool.Rent();
        _job = null;
        (job.Frames, job.End, job.CameraOffsetMs) = (_video.Count, Milliseconds(_end), offsetMs);
        _audio.MoveTo(job);
        job.SetHead(_fragments.Build(++_sequence, _video, _audio.Samples));
        var (frames, bytes) = (_video.Count, job.Bytes);
        _video.Clear();
        _audio.Samples.Clear();
        try
        {
            await pace.TakeAsync(bytes, cancellation);
            // Live footage goes first.
            while (_writer!.QueuedBytes > MaxQueuedBytes) await Task.Delay(QueueLook, cancellation);
        }
        catch (OperationCanceledException)
        {
            _pool.Return(job);
            throw;
        }

        if (!_writer.TryWrite(_file, job, _pool))
        {
            _pool.Return(job);
            throw new RefillStoppedException(_writer.Failure ?? "the volume cannot keep up");
        }

        Frames += frames;
        Bytes += bytes;
    }

    /// <summary>Fixes the times of the fragment's pictures.</summary>
    private void LayOut(Instant? next)
    {
        var usual = _video.Interval(_interval);
        var last = next is { } follower && !_reorders ? Math.Clamp(Ticks(follower) - _video.Latest, 1, LongestHole) : usual;
        _video.LayOut(_decodeEnd, last);
        _decodeEnd = _video.End;
        var end = _origin + Duration.FromNanoseconds((_video.Latest + last) * 100_000 / 9);
        _end = Instant.Min(limit, Instant.Max(_end, next is { } known ? Instant.Min(end, known) : end));
    }

    private async ValueTask EndSegmentAsync(Instant? next, CancellationToken cancellation)
    {
        if (_file is not { } file) return;
        try
        {
            await FlushAsync(next, cancellation);
            if (next is { } follower) _end = Instant.Min(limit, Instant.Max(_end, follower));
        }
        finally
        {
            _file = null;
            _audio.Clear();
            _writer!.TryClose(file, Milliseconds(_end));
        }
    }
}
