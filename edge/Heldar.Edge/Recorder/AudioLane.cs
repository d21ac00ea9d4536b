using Heldar.Edge.Storage;
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
    private readonly List<(MediaBlock Block, int Offset, int Length)> _units = new(64);
    private AudioFormat? _format;
    private Instant _segmentStart;
    private long _origin;
    private bool _anchored;
    private long _end;

    public TrackSamples Samples { get; } = new();

    /// <summary>Units that were left out.</summary>
    public long Dropped { get; private set; }

    /// <summary>Starts a segment.</summary>
    public void Start(AudioFormat? format, Instant segmentStart)
    {
        Clear();
        (_format, _segmentStart, _anchored, _end) = (format, segmentStart, false, 0);
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

        unit.Block.Retain();
        _units.Add((unit.Block, unit.Offset, unit.Length));
        Samples.Add(time, unit.Length, key: true);
    }

    /// <summary>Moves what waits into the fragment, behind its video.</summary>
    public void MoveTo(FragmentJob job)
    {
        Samples.LayOut(_end, Samples.Interval(1024));
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
    }
}
