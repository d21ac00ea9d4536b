using Heldar.Media.Rtp;
using Heldar.Media.Timing;

namespace Heldar.Media.Ingest;

/// <summary>
/// The video units that a run begins with, held until the run's offset is known: until none has come less delayed than those before it for the settle
/// time. Pictures that waited somewhere come faster than they were taken, and only the last of them tells the time. Holds one block reference per unit.
/// Ingest thread only.
/// </summary>
/// <param name="settleTime">Nanoseconds without a less delayed one.</param>
internal sealed class SettlingUnits(long settleTime) : IDisposable
{
    /// <summary>Most time that a unit is held, in nanoseconds: a crash loses what is held.</summary>
    private const long MostTime = ArrivalTime.Second;

    /// <summary>A delay that is less by no more than this is jitter.</summary>
    private const long Jitter = ArrivalTime.Second / 20;

    /// <summary>Most bytes held; more end the settling early.</summary>
    private const int MaxBytes = 16 * 1024 * 1024;

    private readonly List<(TrackUnit Unit, ArrivalTime Arrival)> _units = [];
    private long _bytes;
    private long _improvedAt;

    /// <summary>Units are held.</summary>
    public bool Any => _units.Count > 0;

    /// <summary>Units with their arrivals, in order.</summary>
    public IReadOnlyList<(TrackUnit Unit, ArrivalTime Arrival)> Units => _units;

    /// <param name="unit">Retained.</param>
    /// <param name="arrival">When it was read.</param>
    /// <param name="less">Nanoseconds by which it was less delayed than all before it.</param>
    public void Add(in TrackUnit unit, in ArrivalTime arrival, long less)
    {
        if (!Any || less > Jitter) _improvedAt = arrival.Monotonic;
        unit.Block.Retain();
        _units.Add((unit, arrival));
        _bytes += unit.Length;
    }

    /// <summary>Units are held, and long enough.</summary>
    public bool IsDue(long monotonic) =>
        Any && (monotonic - _improvedAt >= settleTime || monotonic - _units[0].Arrival.Monotonic >= Math.Max(MostTime, settleTime) || _bytes > MaxBytes);

    public void Dispose()
    {
        foreach (var (unit, _) in _units) unit.Block.Release();
        _units.Clear();
        _bytes = 0;
    }
}
