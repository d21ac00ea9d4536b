using Heldar.Edge.Storage;
using Heldar.Media.Mp4;
using Heldar.Media.SegmentNames;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>Cutting into fragments and segments; everything here runs under the lock.</summary>
internal sealed partial class CameraRecorder
{
    /// <summary>A keyframe this much before the target still ends the segment: times are slewed, and waiting would cost a whole GOP.</summary>
    private static readonly Duration KeyframeJitter = Duration.FromMilliseconds(50);

    private readonly TaskCompletionSource _allClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private SegmentFile? _file;
    private VolumeWriter? _writer;
    private FragmentJob? _job;
    private uint _sequence;
    private long _origin;
    private long _decodeEnd;
    private long _fragmentStart;
    private bool _reorders;
    private int _inOrder;
    private long _latest;
    private long _interval;
    private Duration _now;
    private Duration? _heldSince;
    private Instant _videoEnd;
    private Instant _latestTime;
    private Instant? _since;
    private Instant? _through;
    private long _durableBytes;
    private long _segments;
    private long _bytes;
    private long _frames;
    private long _droppedFrames;
    private string? _lastError;
    private VolumeFault _lastFault;
    private int _pending;

    private void Video(in AccessUnit unit)
    {
        if (_file is { Broken: true }) DropSegment();
        if (_file is not null)
        {
            var time = unit.Timestamp - _origin;
            var follows = time > _latest;
            var hole = time - _latest > Math.Max(LongestHole, 2 * _interval);
            var due = unit.Time - _file.Label.Start >= _segmentLength - KeyframeJitter || hole || (unit.IsKeyframe && _writers.IsLeft(_writer!));
            if (unit.IsKeyframe && follows && due) EndSegment(hole ? null : unit);
            else if (hole && time - _latest > 60 * VideoFormat.ClockRate) EndSegment(null);
            else if (follows && _video.Count > 0 && (unit.IsKeyframe || time - _fragmentStart >= _fragmentTicks || _video.Bytes > MaxFragmentBytes)) Flush(unit);
        }

        if (_file is null && !(unit.IsKeyframe && Begin(unit)))
        {
            _droppedFrames++;
            return;
        }

        Add(unit);
    }

    private void Add(in AccessUnit unit)
    {
        var time = unit.Timestamp - _origin;
        _job ??= _pool.Rent();
        if (_video.Count == 0)
        {
            _fragmentStart = time;
            _job.RandomAccessTime = unit.IsKeyframe ? Math.Max(time, _decodeEnd) : -1;
        }

        if (time < _latest) (_reorders, _inOrder) = (true, int.MinValue);
        if (time > _latest)
        {
            _inOrder++;
            if (_latest >= 0) _interval = time - _latest;
            (_latest, _latestTime) = (time, unit.Time);
        }

        _heldSince ??= _now;
        _job.Add(unit.Block, unit.Offset, unit.Length);
        _video.Add(time, unit.Length, unit.IsKeyframe);
    }

    private void Audio(in AccessUnit unit)
    {
        _audio.Add(unit);
        if (_audio.Samples.Count > 0) _heldSince ??= _now;
    }

    /// <summary>Opens a segment at a keyframe; false when it cannot be.</summary>
    private bool Begin(in AccessUnit unit)
    {
        if (_run is null || _format is null) return false;
        var video = _format.Video;
        var audio = _format.Audio is { } wanted && Mp4Header.CanStore(wanted) ? wanted : null;
        // Names, index and search keep milliseconds, so a segment's times are whole ones: what one of them says, all of them find.
        var start = Milliseconds(unit.Time);
        var label = new SegmentLabel(
            Guid.CreateVersion7(_clock.GetCurrentInstant().ToDateTimeOffset()), _camera.Uid, _run.Id, start, video.Width, video.Height, video.CodecString);
        byte[] header;
        try
        {
            header = Mp4Header.Build(label, video, audio);
        }
        catch (InvalidDataException e)
        {
            _lastError = e.Message;
            return false;
        }

        if (Place(label, header) is not { } placed) return false;

        if (_chain.Begin(label.Segment, start, _cause, _rested)) _since = null;
        (_cause, _rested) = (FootageChain.Unknown, false);
        (_file, _writer, _sequence, _origin, _decodeEnd, _durableBytes) = (placed.File, placed.Writer, 0, unit.Timestamp, 0, 0);
        (_latest, _videoEnd) = (-1, start);
        _pending++;
        _since ??= unit.Time;
        _video.Clear();
        _audio.Start(audio, unit.Time);
        return true;
    }

    /// <summary>Opens the segment on the first volume that takes it; null when none does.</summary>
    private (SegmentFile File, VolumeWriter Writer)? Place(SegmentLabel label, byte[] header)
    {
        VolumeWriter? refused = null;
        foreach (var writer in _writers.ChoicesFor(_camera.Uid, label.Start))
        {
            var file = new SegmentFile(writer.Volume, new SegmentName(_camera.Slug, label.Start, label.Segment).RelativePath, label, _camera.Slug, header, this);
            if (writer.TryOpen(file)) return (file, writer);
            refused ??= writer;
        }

        if (refused is null) Refused("no volume can be written to", VolumeFault.Other);
        else Refused(refused.Failure ?? "the volume cannot keep up", refused.Fault);
        return null;
    }

    private static Instant Milliseconds(Instant time) => Instant.FromUnixTimeMilliseconds(time.ToUnixTimeMilliseconds());

    /// <summary>Hands the fragment over; the next access unit, when there is one, says how long its last picture lasts.</summary>
    /// <param name="next">The unit that the next fragment starts with.</param>
    /// <param name="goesOn">Without one: the segment goes on nevertheless.</param>
    private void Flush(AccessUnit? next, bool goesOn = false)
    {
        _heldSince = null;
        if (_file is { Broken: true }) DropSegment();
        if (_file is null || (_video.Count == 0 && _audio.Samples.Count == 0)) return;
        var end = _videoEnd;
        if (_video.Count > 0)
        {
            var apart = _video.Interval(0);
            var usual = apart > 0 ? apart : _interval > 0 ? _interval : UsualInterval;
            var last = next is null ? usual : Math.Min(next.Value.Timestamp - _origin - _video.Latest, _reorders ? usual : long.MaxValue);
            // Where pictures may follow that are shown earlier, their decode times must find room.
            _video.LayOut(_decodeEnd, goesOn && _inOrder < KnownInOrder ? 1 : last);
            // A guess at how long a picture lasts may reach past the next one: the footage's end makes no promise of it.
            if (next is null && (goesOn || apart == 0)) last = Math.Min(last, UsualInterval);
            end = _latestTime + Duration.FromNanoseconds(last * 1_000_000_000 / VideoFormat.ClockRate);
            if (next is not null) end = Instant.Min(end, next.Value.Time);
            _decodeEnd = _video.End;
        }

        _job ??= _pool.Rent();
        var job = _job;
        (job.Frames, job.End, job.CameraOffsetMs) = (_video.Count, Milliseconds(end), _cameraOffsetMs);
        _audio.MoveTo(job);
        job.SetHead(_fragments.Build(++_sequence, _video, _audio.Samples));
        var (frames, bytes) = (_video.Count, job.Bytes);
        _video.Clear();
        _audio.Samples.Clear();
        _job = null;
        if (_writer!.TryWrite(_file!, job, _pool))
        {
            _frames += frames;
            _bytes += bytes;
            _videoEnd = end;
            _chain.Extend(Milliseconds(end));
            RecorderMetrics.Lag.Record(Math.Max(0, (_clock.GetCurrentInstant() - end).TotalSeconds));
            return;
        }

        _pool.Return(job);
        _droppedFrames += frames;
        Refused(_writer.Failure ?? "the volume cannot keep up", _writer.Fault);
        CloseFile();
    }

    /// <summary>A volume takes no media.</summary>
    private void Refused(string error, VolumeFault fault)
    {
        (_lastError, _lastFault, _cause) = (error, fault, Cause(fault));
        _chain.Lose(_cause);
    }

    private static string Cause(VolumeFault fault) => fault == VolumeFault.Full ? "volume_full" : "volume";

    private void EndSegment(AccessUnit? next)
    {
        if (_file is null) return;
        Flush(next);
        // A picture that was written before the next one came lasts until then.
        if (next is { } follower && _file is not null)
        {
            _videoEnd = Instant.Max(_videoEnd, follower.Time);
            _chain.Extend(Milliseconds(_videoEnd));
        }

        CloseFile();
    }

    private void CloseFile()
    {
        if (_file is null) return;
        // A writer that is stopping takes nothing more, and closes what it holds by itself.
        _writer!.TryClose(_file, Milliseconds(_videoEnd));
        (_file, _heldSince) = (null, null);
    }

    /// <summary>The volume gave the file up.</summary>
    private void DropSegment()
    {
        _droppedFrames += _video.Count;
        _file?.Copy?.Close(Milliseconds(_videoEnd));
        if (_job is not null) _pool.Return(_job);
        _job = null;
        _video.Clear();
        _audio.Clear();
        _cause = Cause(_file?.Fault ?? VolumeFault.Other);
        _chain.Lose(_cause);
        (_file, _heldSince) = (null, null);
        _since = null;
    }

    private void Settle(SegmentFile file)
    {
        _chain.Settle(file.Label.Segment);
        if (--_pending == 0 && _disposed) _allClosed.TrySetResult();
    }

    void ISegmentOwner.Durable(SegmentFile file)
    {
        lock (_gate)
        {
            // A head alone is no footage.
            if (file.Frames == 0) return;
            _through = file.DurableEnd;
            Resume(_chain.Kept(file.Label.Segment));
            if (ReferenceEquals(file, _file)) (_durableBytes, _lastFault) = (file.DurableLength, VolumeFault.None);
        }
    }

    void ISegmentOwner.Closed(SegmentFile file)
    {
        lock (_gate)
        {
            _segments++;
            if (ReferenceEquals(file, _file)) DropSegment();
            _through = Instant.Max(_through ?? file.End, file.End);
            Resume(_chain.Kept(file.Label.Segment));
            Settle(file);
        }
    }

    void ISegmentOwner.Failed(SegmentFile file, string error)
    {
        lock (_gate)
        {
            (_lastError, _lastFault) = (error, file.Fault);
            Resume(_chain.Lost(file.Label.Segment, SafeEnd(file), Cause(file.Fault)));
            LogVolumeFailed(_log, _camera.Slug, error);
        }
    }

    void ISegmentOwner.Abandoned(SegmentFile file)
    {
        lock (_gate)
        {
            Resume(_chain.Lost(file.Label.Segment, SafeEnd(file), Cause(file.Fault)));
            Settle(file);
        }
    }

    /// <summary>End of what is on disk of a file that was given up: all that a full disk took, and what was synced of any other.</summary>
    private static Instant? SafeEnd(SegmentFile file) => file.Fault == VolumeFault.Full
        ? file.Frames > 0 ? file.End : null
        : file.DurableLength > 0 && file.DurableEnd > file.Label.Start ? file.DurableEnd : null;

    /// <summary>Footage that runs begins behind its newest hole.</summary>
    private void Resume(Instant? since)
    {
        if (_since is { } before && since > before) _since = since;
    }
}
