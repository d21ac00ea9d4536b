using System.Runtime.InteropServices;
using NodaTime;

namespace Heldar.Media.Timing;

/// <summary>One reading of both clocks, in nanoseconds.</summary>
/// <param name="Wall">Since the Unix epoch, by the box's wall clock.</param>
/// <param name="Monotonic">Since any origin, never stepped.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ArrivalTime(long Wall, long Monotonic)
{
    public const long Second = 1_000_000_000;

    public Instant Instant => Instant.FromUnixTimeTicks(Wall / 100);

    /// <summary>Reads both, again when the thread was held up between the two: a late reading would look like a clock step.</summary>
    public static ArrivalTime Read(IClock clock, TimeProvider time)
    {
        var before = Nanoseconds(time);
        for (var attempt = 0; ; attempt++)
        {
            var wall = clock.GetCurrentInstant().ToUnixTimeTicks() * 100;
            var after = Nanoseconds(time);
            if (after - before < Second / 50 || attempt == 3) return new ArrivalTime(wall, after);
            before = after;
        }
    }

    /// <summary>Converts ticks of a clock without overflow.</summary>
    public static long FromTicks(long ticks, int rate) => (ticks / rate * Second) + (ticks % rate * Second / rate);

    public static long ToTicks(long nanoseconds, int rate) => (nanoseconds / Second * rate) + (nanoseconds % Second * rate / Second);

    private static long Nanoseconds(TimeProvider time)
    {
        var stamp = time.GetTimestamp();
        var frequency = time.TimestampFrequency;
        return frequency == Second ? stamp : (stamp / frequency * Second) + (stamp % frequency * Second / frequency);
    }
}
