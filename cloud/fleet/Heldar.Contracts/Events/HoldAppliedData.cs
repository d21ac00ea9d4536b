using NodaTime;

namespace Heldar.Contracts.Events;

/// <summary>
/// Data of <c>heldar.hold.applied.v1</c>: footage of a camera in [From, To) must not be deleted, by nothing and nobody, while this hold stands. Holds are a set:
/// several may cover the same footage, and each ends alone. The event's id is the hold's, so that a repeat changes nothing.
/// </summary>
public sealed record HoldAppliedData
{
    /// <summary>UUIDv7 made when it was asked for.</summary>
    public required Guid Hold { get; init; }

    public required Guid Camera { get; init; }

    public required Instant From { get; init; }

    public required Instant To { get; init; }

    /// <summary>Why, in people's words, 1 to 500 characters.</summary>
    public required string Reason { get; init; }

    /// <summary>Who answers for it, 1 to 128 characters.</summary>
    public required string Owner { get; init; }

    /// <summary>When it ends by itself; absent for never.</summary>
    public Instant? Expires { get; init; }

    /// <summary>The case that it belongs to, 1 to 128 characters.</summary>
    public string? Case { get; init; }

    /// <summary>Why the data makes no sense, or null.</summary>
    public string? Mistake()
    {
        if (Hold.Version != 7) return "hold is not a UUIDv7";
        if (!EventRules.IsTime(From) || !EventRules.IsTime(To) || !EventRules.IsTime(Expires)) return "from, to or expires is out of range";
        if (To <= From) return "to is not after from";
        if (!EventRules.IsText(Reason, 500) || !EventRules.IsText(Owner, 128)) return "reason or owner is out of range";
        return EventRules.IsTextOrNull(Case, 128) ? null : "case is out of range";
    }
}
