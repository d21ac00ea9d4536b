using NodaTime;

namespace Heldar.Edge.Enrolment;

/// <summary>When something is due next, by the monotonic clock: no step of the wall clock moves it. Due when it is made. One caller at a time.</summary>
internal sealed class Deadline(TimeProvider time)
{
    /// <summary>Waits are not finer: who slept until it was due must not find a rest that is only rounding.</summary>
    private static readonly Duration Finest = Duration.FromMilliseconds(1);

    private long _set = time.GetTimestamp();
    private Duration _wait = Duration.Zero;

    public bool IsDue => Left < Finest;

    /// <summary>How long until it is due; zero when it is.</summary>
    public Duration Left => Duration.Max(_wait - Duration.FromTimeSpan(time.GetElapsedTime(_set)), Duration.Zero);

    /// <summary>Due after this time, whatever it was before.</summary>
    public void Set(Duration wait) => (_set, _wait) = (time.GetTimestamp(), wait);
}
