using NodaTime;

namespace Heldar.Media.Tests;

/// <summary>A wall clock that moves when told.</summary>
internal sealed class ManualClock(Instant start) : IClock
{
    private long _ticks = start.ToUnixTimeTicks();

    public static Instant Start { get; } = Instant.FromUtc(2026, 3, 1, 12, 0);

    public Instant GetCurrentInstant() => Instant.FromUnixTimeTicks(Interlocked.Read(ref _ticks));

    public void Advance(Duration by) => Interlocked.Add(ref _ticks, by.BclCompatibleTicks);
}
