using NodaTime;

namespace Heldar.Edge.Tests;

/// <summary>
/// A clock that moves only when a test says so. Time that passes (<see cref="Advance"/>) moves <see cref="Monotonic"/> too; setting the clock does not.
/// </summary>
internal sealed class ManualClock(Instant now) : IClock
{
    private readonly SteadyTime _monotonic = new();

    public ManualClock()
        : this(Instant.FromUtc(2026, 11, 21, 4, 37))
    {
    }

    public Instant Now { get; set; } = now;

    /// <summary>Runs on, whatever the clock is set to.</summary>
    public TimeProvider Monotonic => _monotonic;

    public Instant GetCurrentInstant() => Now;

    public void Advance(Duration by)
    {
        Now += by;
        if (by > Duration.Zero) _monotonic.Advance(by);
    }

    private sealed class SteadyTime : TimeProvider
    {
        private long _ticks = TimeSpan.TicksPerDay;

        public override long TimestampFrequency => TimeSpan.TicksPerSecond;

        public override long GetTimestamp() => Interlocked.Read(ref _ticks);

        public void Advance(Duration by) => Interlocked.Add(ref _ticks, by.BclCompatibleTicks);
    }
}
