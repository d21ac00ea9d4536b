using NodaTime;

namespace Heldar.Edge.Tests;

/// <summary>A clock that moves only when a test says so.</summary>
internal sealed class ManualClock(Instant now) : IClock
{
    public ManualClock()
        : this(Instant.FromUtc(2026, 11, 21, 4, 37))
    {
    }

    public Instant Now { get; set; } = now;

    public Instant GetCurrentInstant() => Now;

    public void Advance(Duration by) => Now += by;
}
