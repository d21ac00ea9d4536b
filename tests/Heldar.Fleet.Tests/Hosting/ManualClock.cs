using NodaTime;

namespace Heldar.Fleet.Tests.Hosting;

/// <summary>A clock that stands still until a test moves it.</summary>
internal sealed class ManualClock(Instant now) : IClock
{
    private readonly Lock _gate = new();
    private Instant _now = now;

    public Instant GetCurrentInstant()
    {
        lock (_gate) return _now;
    }

    public void Advance(Duration by)
    {
        lock (_gate) _now += by;
    }
}
