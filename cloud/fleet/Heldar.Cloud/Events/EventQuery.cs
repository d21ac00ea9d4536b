using NodaTime;

namespace Heldar.Cloud.Events;

/// <summary>What a search for events asks for.</summary>
/// <param name="Tenant">From the caller's session, never from its input.</param>
/// <param name="From">Inclusive.</param>
/// <param name="To">Exclusive; at most <see cref="MaxRange"/> after From.</param>
/// <param name="Sites">Site slugs; null or empty for all.</param>
/// <param name="Cameras">Camera uids; null or empty for all.</param>
public sealed record EventQuery(string Tenant, Instant From, Instant To, IReadOnlyList<string>? Sites = null, IReadOnlyList<Guid>? Cameras = null)
{
    public static readonly Duration MaxRange = Duration.FromDays(31);
    public const int MaxLimit = 1000;
    public const int DefaultLimit = 200;

    /// <summary>Why it cannot be answered, or null.</summary>
    public string? Mistake()
    {
        if (To <= From) return "to must be after from";
        if (To - From > MaxRange) return "from and to may lie at most 31 days apart";
        return Sites is { Count: > 1000 } || Cameras is { Count: > 1000 } ? "at most 1000 sites and 1000 cameras can be named" : null;
    }
}
