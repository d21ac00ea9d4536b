using NodaTime;

namespace Heldar.Cloud.Holds;

/// <summary>One hold of one camera, as readers of footage need it.</summary>
internal sealed record HeldRange
{
    public Guid Camera { get; init; }

    public Guid Hold { get; init; }

    public Instant FromAt { get; init; }

    public Instant ToAt { get; init; }

    public Instant PlacedAt { get; init; }

    public Instant? ReleasedAt { get; init; }

    public bool Stands => ReleasedAt is null;

    /// <summary>Whether any moment of [start, end) is held; a piece without length counts as its start.</summary>
    public bool Covers(Instant start, Instant end) => Cover(FromAt, ToAt, start, end);

    /// <summary>Whether a held range [from, to) has any moment of a piece [start, end).</summary>
    public static bool Cover(Instant from, Instant to, Instant start, Instant end) => from < Instant.Max(end, start + Duration.Epsilon) && to > start;

    /// <summary>The same as <see cref="HoldRules.Keeps"/>.</summary>
    public bool Keeps(Instant start, Instant end, Instant deleted) => Covers(start, end) && PlacedAt <= deleted && (ReleasedAt is not { } ended || ended > deleted);
}
