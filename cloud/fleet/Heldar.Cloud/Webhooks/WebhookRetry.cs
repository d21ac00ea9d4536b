using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>When a failed delivery is tried again, when an endpoint is left in peace, and when it is given up.</summary>
public static class WebhookRetry
{
    /// <summary>The queue holds only what is due within this time; what is due later is a row that a timer puts into the queue.</summary>
    public static readonly Duration Horizon = Duration.FromSeconds(60);

    /// <summary>How long a delivery is tried at all.</summary>
    public static readonly Duration Lifetime = Duration.FromDays(3);

    /// <summary>An endpoint that has failed for this long without one success is disabled.</summary>
    public static readonly Duration DisableAfter = Duration.FromDays(3);

    /// <summary>Failures in a row from which an endpoint's circuit opens: then one probe at a time.</summary>
    public const int CircuitThreshold = 5;

    /// <summary>How long a claim lasts: longer than a call can.</summary>
    public static readonly Duration Claim = Duration.FromSeconds(30);

    private static readonly Duration[] Delays =
    [
        Duration.FromSeconds(5), Duration.FromSeconds(30), Duration.FromMinutes(2), Duration.FromMinutes(10), Duration.FromMinutes(30), Duration.FromHours(1),
        Duration.FromHours(3), Duration.FromHours(6), Duration.FromHours(12), Duration.FromHours(24), Duration.FromHours(24),
    ];

    private static readonly Duration MaxAsked = Duration.FromHours(6);
    private static readonly Duration FirstRest = Duration.FromSeconds(10);
    private static readonly Duration MaxRest = Duration.FromMinutes(5);

    /// <summary>
    /// When to try again after try <paramref name="tries"/> (from 1) failed: by the schedule, up to an eighth later by <paramref name="jitter"/> (0 to 1), or later where
    /// the receiver asks. The last try is just before the delivery's end; null after it.
    /// </summary>
    public static Instant? Next(Instant failed, int tries, Duration? asked, Instant end, double jitter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(tries, 1);
        var wait = Delays[Math.Min(tries, Delays.Length) - 1] * (1 + (jitter / 8));
        if (asked is { } more && more > wait) wait = Duration.Min(more, MaxAsked);
        var last = end - Horizon;
        if (failed + wait <= last) return failed + wait;
        return failed + Horizon < last ? last : null;
    }

    /// <summary>How long nothing is sent to an endpoint after <paramref name="failures"/> in a row; zero below the threshold.</summary>
    public static Duration Rest(int failures)
    {
        if (failures < CircuitThreshold) return Duration.Zero;
        return Duration.Min(FirstRest * Math.Pow(2, Math.Min(failures - CircuitThreshold, 10)), MaxRest);
    }
}
