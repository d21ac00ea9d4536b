namespace Heldar.Media.Mp4;

/// <summary>
/// The samples of one track in one fragment. Decode times are the presentation times in order, so that they rise also with B-frames; the signed
/// composition offset leads back to the presentation time. Kept and reused: no allocation once it has grown. One thread at a time.
/// </summary>
public sealed class TrackSamples
{
    private long[] _times = new long[64];
    private long[] _sorted = new long[64];
    private int[] _sizes = new int[64];
    private bool[] _keys = new bool[64];

    public int Count { get; private set; }

    /// <summary>Sum of the sizes.</summary>
    public int Bytes { get; private set; }

    /// <summary>Greatest presentation time.</summary>
    public long Latest { get; private set; }

    /// <summary>Decode time of the first sample, once laid out.</summary>
    public long Base { get; private set; }

    /// <summary>Where the next fragment's decode times may start, once laid out.</summary>
    public long End { get; private set; }

    /// <summary>Some sample is presented before one that precedes it.</summary>
    public bool Reordered { get; private set; }

    internal bool StartsWithKey => Count > 0 && _keys[0];

    public void Clear() => (Count, Bytes, Latest, Reordered) = (0, 0, long.MinValue, false);

    /// <summary>Adds a sample in decode order.</summary>
    /// <param name="time">Presentation time in the track's clock.</param>
    /// <param name="size">Bytes.</param>
    /// <param name="key">Decoding can start here.</param>
    public void Add(long time, int size, bool key)
    {
        if (Count == _times.Length) Grow();
        (_times[Count], _sizes[Count], _keys[Count]) = (time, size, key);
        if (Count > 0 && time < Latest) Reordered = true;
        Latest = Count == 0 ? time : Math.Max(Latest, time);
        Bytes += size;
        Count++;
    }

    /// <summary>Fixes decode times and durations.</summary>
    /// <param name="notBefore">End of the fragment before.</param>
    /// <param name="last">Duration of the last sample.</param>
    public void LayOut(long notBefore, long last)
    {
        _times.AsSpan(0, Count).CopyTo(_sorted);
        Array.Sort(_sorted, 0, Count);
        for (var i = 0; i < Count; i++)
        {
            _sorted[i] = Math.Max(_sorted[i], notBefore);
            notBefore = _sorted[i] + 1;
        }

        Base = Count == 0 ? notBefore : _sorted[0];
        End = Count == 0 ? notBefore : _sorted[Count - 1] + Math.Max(0, last);
    }

    /// <summary>The usual distance of two samples; <paramref name="fallback"/> when there are not two.</summary>
    public long Interval(long fallback)
    {
        if (Count < 2) return fallback;
        var earliest = _times.AsSpan(0, Count);
        var first = long.MaxValue;
        foreach (var time in earliest) first = Math.Min(first, time);
        return (Latest - first) / (Count - 1);
    }

    /// <summary>Writes <c>traf</c>; answers where the data offset is to be filled in.</summary>
    internal int Write(BoxWriter w, uint track)
    {
        var traf = w.Begin("traf"u8);
        var tfhd = w.Begin("tfhd"u8, 0, 0x02_0000);
        w.U32(track);
        w.End(tfhd);
        var tfdt = w.Begin("tfdt"u8, 1, 0);
        w.I64(Base);
        w.End(tfdt);
        var trun = w.Begin("trun"u8, 1, 0x1 | 0x100 | 0x200 | 0x400 | 0x800);
        w.U32((uint)Count);
        var dataOffset = w.Position;
        w.U32(0);
        for (var i = 0; i < Count; i++)
        {
            w.U32((uint)((i + 1 < Count ? _sorted[i + 1] : End) - _sorted[i]));
            w.U32((uint)_sizes[i]);
            w.U32(_keys[i] ? 0x0200_0000u : 0x0101_0000u);
            w.I32((int)(_times[i] - _sorted[i]));
        }

        w.End(trun);
        w.End(traf);
        return dataOffset;
    }

    private void Grow()
    {
        var size = _times.Length * 2;
        Array.Resize(ref _times, size);
        Array.Resize(ref _sorted, size);
        Array.Resize(ref _sizes, size);
        Array.Resize(ref _keys, size);
    }
}
