using System.Globalization;
using NodaTime;

namespace Heldar.Cloud.Index;

/// <summary>
/// What a fold saw when it looked at the deletions of an hour: all transactions that its snapshot (PostgreSQL's text of one, <c>xmin:xmax:running,…</c>) says had ended.
/// Immutable.
/// </summary>
internal sealed class FoldSnapshot
{
    private readonly Instant _folded;
    private readonly ulong _first;
    private readonly ulong _end;
    private readonly HashSet<ulong>? _running;

    /// <param name="folded">When the hour was folded.</param>
    /// <param name="snapshot">Null for an hour that was folded by a version that kept none: then times say it.</param>
    public FoldSnapshot(Instant folded, string? snapshot)
    {
        _folded = folded;
        if (snapshot?.Split(':') is not [var first, var end, var running]) return;
        (_first, _end) = (Transaction(first), Transaction(end));
        _running = running.Length == 0 ? [] : [.. running.Split(',').Select(Transaction)];
    }

    /// <summary>A transaction's number as PostgreSQL writes it.</summary>
    public static ulong Transaction(string text) => ulong.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);

    /// <summary>Whether the fold knew of a deletion.</summary>
    public bool Saw(DeletedRange deleted) =>
        _running is null ? deleted.LandedAt < _folded : deleted.LandedIn < _first || (deleted.LandedIn < _end && !_running.Contains(deleted.LandedIn));
}
