using NodaTime;

namespace Heldar.Contracts.Events;

/// <summary>How a hold came to its end.</summary>
public enum HoldEnd
{
    /// <summary>Somebody ended it.</summary>
    Released = 0,

    /// <summary>It ran out, on a box whose clock was trusted.</summary>
    Expired = 1,
}

/// <summary>
/// Data of <c>heldar.hold.released.v1</c>: a hold ended, and an ended hold never stands again. Footage that another hold covers stays held. It may arrive before the
/// <c>heldar.hold.applied.v1</c> of the same hold. The event's id is <see cref="EventIds.ForHoldEnd"/>, so that a repeat changes nothing.
/// </summary>
public sealed record HoldReleasedData
{
    /// <summary>The hold, as in <see cref="HoldAppliedData.Hold"/>.</summary>
    public required Guid HoldId { get; init; }

    public required Guid Camera { get; init; }

    /// <summary>By the box's clock.</summary>
    public required Instant ReleasedAt { get; init; }

    /// <summary>Who ended it, 1 to 128 characters; <c>expiry</c> when it ran out.</summary>
    public required string ReleasedBy { get; init; }

    public required HoldEnd Reason { get; init; }

    /// <summary>Why the data makes no sense, or null.</summary>
    public string? Mistake()
    {
        if (HoldId.Version != 7) return "holdId is not a UUIDv7";
        if (!EventRules.IsTime(ReleasedAt)) return "releasedAt is out of range";
        if (!Enum.IsDefined(Reason)) return "reason is unknown";
        return EventRules.IsText(ReleasedBy, 128) ? null : "releasedBy is out of range";
    }
}
