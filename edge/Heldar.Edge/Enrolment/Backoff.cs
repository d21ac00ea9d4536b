using NodaTime;

namespace Heldar.Edge.Enrolment;

/// <summary>Waiting times after failures: doubling from a first to a longest wait, with ±20 % jitter so that a fleet of boxes does not return at once.</summary>
internal sealed class Backoff(Duration first, Duration longest)
{
    private int _failures;

    /// <summary>Failures in a row.</summary>
    public int Failures => _failures;

    public Duration Next()
    {
        var factor = Math.Pow(2, Math.Min(_failures++, 20));
        var plain = Duration.Min(first * factor, longest);
        return plain * (0.8 + (Random.Shared.NextDouble() * 0.4));
    }

    public void Reset() => _failures = 0;
}
