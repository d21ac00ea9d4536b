using NodaTime;

namespace Heldar.Edge.Enrolment;

/// <summary>The wall clock, for what is told, and the monotonic one, for what is waited for. Thread-safe.</summary>
internal sealed record BoxTime(IClock Wall, TimeProvider Monotonic)
{
    public Instant Now => Wall.GetCurrentInstant();

    /// <summary>One that is due at once.</summary>
    public Deadline NewDeadline() => new(Monotonic);
}
