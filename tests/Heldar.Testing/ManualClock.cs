using NodaTime;

namespace Heldar.Testing;

/// <summary>A clock that stands still until it is moved. Thread-safe.</summary>
public sealed class ManualClock(Instant start) : IClock
{
    private long _ticks = start.ToUnixTimeTicks();

    /// <inheritdoc/>
    public Instant GetCurrentInstant() => Instant.FromUnixTimeTicks(Interlocked.Read(ref _ticks));

    /// <summary>Moves it on (or back).</summary>
    public void Advance(Duration by) => Interlocked.Add(ref _ticks, by.BclCompatibleTicks);
}
