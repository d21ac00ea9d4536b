using NodaTime;

namespace Heldar.Edge.Jobs;

/// <summary>The box's clock, and how far it is believed.</summary>
/// <param name="Now">What it shows.</param>
/// <param name="SteadySince">What it showed when it was last set, or when the box started: from there it ran through every moment.</param>
/// <param name="IsSure">It is right, as far as anybody can tell.</param>
internal readonly record struct JobTime(Instant Now, Instant SteadySince, bool IsSure)
{
    public static JobTime Sure(Instant now) => new(now, now, true);

    /// <summary>Whether a moment is over. One that a clock in doubt jumped over may be yet to come.</summary>
    public bool IsOver(Instant moment) => Now >= moment && (IsSure || moment >= SteadySince);
}
