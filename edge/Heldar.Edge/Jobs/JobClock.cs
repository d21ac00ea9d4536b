using Heldar.Edge.Retention;
using NodaTime;

namespace Heldar.Edge.Jobs;

/// <summary>Reads the clock for the jobs, and notices when it was set. One caller at a time.</summary>
internal sealed class JobClock(ClockGuard guard, IMachineTime machine, IClock clock)
{
    private static readonly Duration Step = Duration.FromSeconds(5);
    private (Instant Wall, Duration Monotonic)? _last;
    private Instant _since;

    /// <summary>Before the first <see cref="Look"/>: learns how far the clock is believed.</summary>
    public Task LoadAsync(CancellationToken cancellation) => guard.LookAsync(cancellation);

    public JobTime Look()
    {
        var (now, monotonic) = (clock.GetCurrentInstant(), machine.Monotonic);
        var off = _last is { } last ? now - (last.Wall + (monotonic - last.Monotonic)) : Duration.MaxValue;
        if (off > Step || off < -Step) _since = now;
        _last = (now, monotonic);
        return new JobTime(now, _since, guard.IsSure(now));
    }
}
