using NodaTime;

namespace Heldar.Edge.Enrolment;

/// <summary>When something is due next, by the monotonic clock: no step of the wall clock moves it. Due when it is made. One caller at a time.</summary>
internal sealed class Deadline(TimeProvider time)
{
    private long _set = time.GetTimestamp();
    private Duration _wait = Duration.Zero;

    public bool IsDue => Left == Duration.Zero;

    /// <summary>How long until it is due; zero when it is.</summary>
    public Duration Left => Duration.Max(_wait - Duration.FromTimeSpan(time.GetElapsedTime(_set)), Duration.Zero);

    /// <summary>Due after this time, whatever it was before.</summary>
    public void Set(Duration wait) => (_set, _wait) = (time.GetTimestamp(), wait);
}
