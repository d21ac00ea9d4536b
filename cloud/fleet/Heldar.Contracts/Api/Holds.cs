using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Contracts.Api;

/// <summary>One page of <c>GET /api/v1/holds?sites&amp;cameras&amp;state&amp;cursor&amp;limit</c>, the newest first.</summary>
/// <param name="Items">At most <c>limit</c> (1 to 1000, default 200).</param>
/// <param name="Cursor">Opaque; pass it back for the next page; absent on the last.</param>
public sealed record HoldsPage(IReadOnlyList<HoldItem> Items, string? Cursor = null);

/// <summary>One evidence lock, as its box tells it.</summary>
/// <param name="Hold">UUIDv7.</param>
/// <param name="Site">Site slug.</param>
/// <param name="Camera">Global camera uid.</param>
/// <param name="CameraName">What people call it.</param>
/// <param name="Box">The box that keeps the footage.</param>
/// <param name="From">Held from here, inclusive.</param>
/// <param name="To">Held up to here, exclusive.</param>
/// <param name="Reason">Why.</param>
/// <param name="Owner">Who answers for it.</param>
/// <param name="PlacedAt">By the box's clock.</param>
public sealed record HoldItem(Guid Hold, string Site, Guid Camera, string CameraName, Guid Box, Instant From, Instant To, string Reason, string Owner, Instant PlacedAt)
{
    /// <summary>The case that it belongs to.</summary>
    public string? Case { get; init; }

    /// <summary>When the box ends it by itself; absent for never.</summary>
    public Instant? Expires { get; init; }

    /// <summary>When it ended; absent while it stands.</summary>
    public Instant? ReleasedAt { get; init; }

    public string? ReleasedBy { get; init; }

    public HoldEnd? Ended { get; init; }

    /// <summary>True when the box reported footage of it as deleted while it stood.</summary>
    public bool? Broken { get; init; }
}
