using System.Runtime.InteropServices;

namespace Heldar.Edge.PreRoll;

/// <summary>
/// How much memory a ring may hold: 1.15 × rate of its stream × wanted seconds, the rate taken over whole picture groups, so that a keyframe more or less does not move it.
/// The picture group in which the wanted seconds begin is longer than that where keyframes are rare; what is above the share lies on disk. Under the ring's lock.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct RingShare
{
    private const double Most = 1.15;

    /// <summary>A ring comes to this much whatever its rate: two chunks that are not full and the entries.</summary>
    private const long Least = 4 * PreRollMemory.ChunkBytes;

    /// <summary>Rings are looked at every 100 ms, by a thread that may be late.</summary>
    private const long BetweenLooks = NodaTime.NodaConstants.TicksPerSecond / 5;

    private double _bytesPerTick;
    private int _largest;

    /// <summary>A unit was added.</summary>
    public void Take(int bytes, bool key) => _largest = key ? bytes : Math.Max(_largest, bytes);

    /// <summary>Whole picture groups, and how long they last.</summary>
    public void Measure(long bytes, long ticks)
    {
        if (ticks > 0) _bytesPerTick = (double)bytes / ticks;
    }

    /// <summary>Bytes from which on chunks are spilled, less than the share by what may come until the next look.</summary>
    /// <param name="preRoll">Ticks that are wanted.</param>
    /// <param name="reach">Ticks that the ring holds.</param>
    /// <param name="held">Bytes of media that it holds, in memory and on disk.</param>
    public readonly long Bytes(long preRoll, long reach, long held)
    {
        // Less than what is wanted, of a stream of which no whole group is known.
        if (_bytesPerTick == 0 && reach <= preRoll) return long.MaxValue;
        var rate = _bytesPerTick == 0 ? (double)held / reach : _bytesPerTick;
        return Math.Max(Least, (long)(rate * ((Most * preRoll) - BetweenLooks)) - _largest - PreRollMemory.ChunkBytes);
    }
}
