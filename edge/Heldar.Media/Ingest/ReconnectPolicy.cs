using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Ingest;

/// <summary>How long to wait before the next attempt. One per session; not thread-safe.</summary>
/// <param name="options">Bounds.</param>
/// <param name="random">From 0 to 1, for the jitter that keeps cameras behind one failed switch from coming back at once.</param>
internal sealed class ReconnectPolicy(IngestOptions options, Func<double> random)
{
    private int _failures;
    private int _refusals;

    /// <summary>Media flowed long enough to start over.</summary>
    public void Succeeded() => (_failures, _refusals) = (0, 0);

    /// <summary>
    /// Wait after a failure. Refused credentials wait far longer and without a shorter jitter: cameras lock the account. Not so the first time: many a camera refuses
    /// everybody for the seconds in which it starts, or while the session before has not ended, and one more attempt locks nothing.
    /// </summary>
    public Duration Next(StreamFailure failure)
    {
        if (failure == StreamFailure.Unauthorized)
        {
            if (_refusals++ == 0) return Duration.Min(options.AuthFirstWait, options.AuthBackoffMin);
            return Doubled(options.AuthBackoffMin, options.AuthBackoffMax, _refusals - 2);
        }

        return Doubled(options.BackoffMin, options.BackoffMax, _failures++) * (0.5 + (random() / 2));
    }

    private static Duration Doubled(Duration first, Duration most, int times)
    {
        var wait = first * Math.Pow(2, Math.Min(times, 30));
        return wait < most ? wait : most;
    }
}
