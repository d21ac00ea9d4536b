using Heldar.Edge.Storage;
using Heldar.Media.Flac;
using Heldar.Media.Mp4;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>
/// The audio of one segment, waiting for the video that it is written with. Whatever is wrong with audio is dropped here and counted, so that it never
/// costs video. Used by the recorder under its lock.
/// </summary>
internal sealed class AudioLane
{
    private const int MaxUnits = 1000;
    private const int UsualSamples = 1024;
    private const int BlockBytes = 16 * 1024;
    private const int MaxEncodedBytes = 1 << 20;
    private readonly List<(MediaBlock Block, int Offset, int Length)> _units = new(64);
    private AudioFormat? _format;
    private FlacEncoder? _flac;
    private MediaBlockPool? _pool;
    private MediaBlock? _block;
    private int _used;
    private Instant _segmentStart;
    private long _origin;
    private bool _anchored;
    private long _end;
    private long _last;
    private long _shortest;

    public TrackSamples Samples { get; } = new();

    /// <summary>Units that were left out.</summary>
    public long Dropped { get; private set; }

    /// <summary>Starts a segment.</summary>
    public void Start(AudioFormat? format, Instant segmentStart)
    {
        Clear();
        if (format?.Codec != _format?.Codec) _flac = format?.Codec is MediaCodec.G711Mu or MediaCodec.G711A ? new FlacEncoder(format.Codec) : null;
        (_format, _segmentStart, _anchored, _end, _last, _shortest) = (format, segmentStart, false, 0, -1, UsualSamples);
    }

    public void Add(in AccessUnit unit)
    {
        if (_format is null || _units.Count >= MaxUnits)
        {
            Dropped++;
            return;
        }

        var byClock = (long)((unit.Time - _segmentStart).TotalSeconds * _format.SampleRate);
        if (!_anchored) (_origin, _anchored) = (unit.Timestamp - byClock, true);
        var time = unit.Timestamp - _origin;
        if (Math.Abs(time - byClock) > _format.SampleRate / 2 || time < _end || (Samples.Count > 0 && time <= Samples.Latest))
        {
            // The two clocks went apart or the timestamps went back: the next unit sets the relation anew.
            _anchored = false;
            Dropped++;
            return;
        }

        if (_flac is not null)
        {
            if (Encode(unit, time)) return;
            Dropped++;
            return;
        }

        unit.Block.Retain();
        _units.Add((unit.Block, unit.Offset, unit.Length));
        Added(time, unit.Length);
    }

    private void Added(long time, int length)
    {
        if (_last >= 0) _shortest = Math.Min(_shortest, time - _last);
        _last = time;
        Samples.Add(time, length, key: true);
    }

    /// <summary>G.711 becomes FLAC, in blocks of this lane's own; false when the packet is of no usable size or the blocks are all in use.</summary>
    private bool Encode(in AccessUnit unit, long time)
    {
        var most = FlacEncoder.MaxBytes(unit.Length);
        if (time < 0 || unit.Length > FlacEncoder.MaxSamples) return false;
        if (_block is null || _block.Bytes.Length - _used < most)
        {
            _block?.Release();
            _block = null;
            _pool ??= new MediaBlockPool(BlockBytes, MaxEncodedBytes);
            if (!_pool.TryRent(most, out _block)) return false;
            _used = 0;
        }

        var length = _flac!.Encode(unit.Span, time, _block.Bytes.AsSpan(_used));
        if (length == 0) return false;
        _block.Retain();
        _units.Add((_block, _used, length));
        _shortest = Math.Min(_shortest, unit.Length);
        Added(time, length);
        _used += length;
        return true;
    }

    /// <summary>Moves what waits into the fragment, behind its video.</summary>
    public void MoveTo(FragmentJob job)
    {
        // The last unit lasts as long as the shortest one: an average over a lost unit would reach into the next fragment and cost its first.
        Samples.LayOut(_end, _shortest);
        _end = Samples.End;
        foreach (var (block, offset, length) in _units) job.Add(block, offset, length);
        foreach (var (block, _, _) in _units) block.Release();
        _units.Clear();
    }

    public void Clear()
    {
        foreach (var (block, _, _) in _units) block.Release();
        _units.Clear();
        Samples.Clear();
        _block?.Release();
        _block = null;
    }
}
