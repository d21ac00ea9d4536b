using NodaTime;

namespace Heldar.Edge.Cameras;

/// <summary>Why recording is wanted.</summary>
internal enum WishReason
{
    /// <summary>The camera's mode is continuous.</summary>
    Continuous,

    /// <summary>Its schedule says so.</summary>
    Schedule,

    /// <summary>A job.</summary>
    Job,

    /// <summary>Something happened in front of it.</summary>
    Event,

    /// <summary>Somebody asked for it by hand.</summary>
    Operator,
}

/// <summary>Recording of a camera is wanted during [From, To), and why.</summary>
/// <param name="From">Begin.</param>
/// <param name="To">End; <see cref="Instant.MaxValue"/> for none.</param>
/// <param name="Reason">Why.</param>
/// <param name="Detail">Which schedule, job or event, for people.</param>
internal sealed record Wish(Instant From, Instant To, WishReason Reason, string? Detail = null);

/// <summary>A room that wants recordings. Answers from memory; thread-safe.</summary>
internal interface IWishSource
{
    /// <summary>Every wish for a camera that overlaps [from, to), in any order; one may reach beyond. Wishes of the near past stay known, so that what was wanted and is missing is found.</summary>
    IEnumerable<Wish> Between(Guid camera, Instant from, Instant to);
}

/// <summary>What is wanted of a camera at one moment.</summary>
/// <param name="Wishes">What is wanted now; empty when nothing is.</param>
/// <param name="Until">End of the unbroken wish; null for none in sight, or when nothing is wanted.</param>
/// <param name="LookAgain">When the answer may change by itself; null for never.</param>
/// <param name="Never">Nothing is wanted now, and by its schedule nothing will be: somebody should know.</param>
internal sealed record WishNow(IReadOnlyList<Wish> Wishes, Instant? Until, Instant? LookAgain, bool Never)
{
    public static WishNow Nothing { get; } = new([], null, null, false);

    public bool IsWanted => Wishes.Count > 0;

    /// <summary>Where the recording of these wishes begins when events reach back.</summary>
    public Instant Begin(Duration preRoll) =>
        Wishes.Min(w => w.Reason is WishReason.Event or WishReason.Operator && w.From > Instant.MinValue + preRoll ? w.From - preRoll : w.From);
}

/// <summary>How wishes are followed.</summary>
/// <param name="LongestWait">A camera waits for its next change, but never longer than this: its clock may be set meanwhile.</param>
internal sealed record WishTiming(Duration LongestWait)
{
    public static WishTiming Default { get; } = new(Duration.FromSeconds(5));
}
