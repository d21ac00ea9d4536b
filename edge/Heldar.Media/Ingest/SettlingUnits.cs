using Heldar.Media.Rtp;
using Heldar.Media.Timing;

namespace Heldar.Media.Ingest;

/// <summary>The first video units of a connection, held until the run's offset is known. Holds one block reference per unit. Ingest thread only.</summary>
internal sealed class SettlingUnits : IDisposable
{
    /// <summary>Most bytes held; more end the settling early.</summary>
    private const int MaxBytes = 16 * 1024 * 1024;

    private readonly List<(TrackUnit Unit, ArrivalTime Arrival)> _units = [];
    private long _bytes;

    /// <summary>Units with their arrivals, in order.</summary>
    public IReadOnlyList<(TrackUnit Unit, ArrivalTime Arrival)> Units => _units;

    public void Add(in TrackUnit unit, in ArrivalTime arrival)
    {
        unit.Block.Retain();
        _units.Add((unit, arrival));
        _bytes += unit.Length;
    }

    /// <summary>Units are held, and long enough.</summary>
    public bool IsDue(long monotonic, long settleTime) =>
        _units.Count > 0 && (monotonic - _units[0].Arrival.Monotonic >= settleTime || _bytes > MaxBytes);

    public void Dispose()
    {
        foreach (var (unit, _) in _units) unit.Block.Release();
        _units.Clear();
        _bytes = 0;
    }
}
