using Heldar.Media.Streams;

namespace Heldar.Media.Ingest;

/// <summary>The access units since the last keyframe, for subscribers that come later. Holds one block reference per unit. Ingest thread only.</summary>
/// <param name="maxBytes">Beyond it the ring is empty until the next keyframe.</param>
internal sealed class GopRing(int maxBytes)
{
    private AccessUnit[] _units = new AccessUnit[64];
    private int _count;
    private long _bytes;

    public ReadOnlySpan<AccessUnit> Units => _units.AsSpan(0, _count);

    public void Add(in AccessUnit unit)
    {
        var starts = unit.Track == TrackKind.Video && unit.IsKeyframe;
        if (starts) Clear();
        else if (_count == 0) return;
        if (_bytes + unit.Length > maxBytes)
        {
            Clear();
            return;
        }

        if (_count == _units.Length) Array.Resize(ref _units, _count * 2);
        unit.Block.Retain();
        _units[_count++] = unit;
        _bytes += unit.Length;
    }

    public void Clear()
    {
        foreach (var unit in Units) unit.Block.Release();
        Array.Clear(_units, 0, _count);
        _count = 0;
        _bytes = 0;
    }
}
