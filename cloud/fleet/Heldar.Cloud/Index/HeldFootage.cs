using Dapper;
using Heldar.Cloud.Holds;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>What holds say about the footage of one search. Immutable.</summary>
internal sealed class HeldFootage
{
    /// <summary>Most hold ids that one piece names.</summary>
    private const int MaxNamed = 16;

    private readonly ILookup<Guid, HeldRange> _holds;
    private readonly ILookup<Guid, BrokenHold> _broken;

    private HeldFootage(IEnumerable<HeldRange> holds, IEnumerable<BrokenHold> broken) => (_holds, _broken) = (holds.ToLookup(h => h.Camera), broken.ToLookup(b => b.Camera));

    /// <summary>No holds.</summary>
    public static HeldFootage None { get; } = new([], []);

    /// <summary>Holds that touch [from, to), and the deletions that were reported of what they covered while they stood.</summary>
    /// <param name="connection">The search's.</param>
    /// <param name="holds">In the order of their ids.</param>
    /// <param name="tenant">Whose.</param>
    /// <param name="from">Inclusive.</param>
    /// <param name="to">Exclusive.</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<HeldFootage> ReadAsync(NpgsqlConnection connection, IReadOnlyList<HeldRange> holds, string tenant, Instant from, Instant to, CancellationToken cancellation)
    {
        if (holds.Count == 0) return None;
        return new(holds, await connection.QueryAsync<BrokenHold>(new CommandDefinition(
            $"""
            select t.camera, t.from_at, t.to_at, t.older_than, h.from_at as held_from, h.to_at as held_to from hold h
            cross join lateral (select t.* from {Tombstones.Touching("h.tenant", "h.camera", "@from", "@to")}) t
            where h.tenant = @tenant and h.camera = any(@cameras) and h.from_at < @to and h.to_at > @from and {HoldRules.Stood}
            """,
            new { tenant, cameras = holds.Select(h => h.Camera).Distinct().ToArray(), from, to },
            cancellationToken: cancellation)));
    }

    /// <summary>The holds that stand over a piece, oldest first; null for none.</summary>
    public IReadOnlyList<Guid>? Of(FootagePiece piece)
    {
        if (_holds.Count == 0) return null;
        List<Guid> ids = [.. _holds[piece.Camera].Where(h => h.Stands && h.Covers(piece.Start, piece.End)).Select(h => h.Hold).Take(MaxNamed)];
        return ids.Count == 0 ? null : ids;
    }

    /// <summary>Whether the box reported a piece as deleted while a hold stood over it.</summary>
    public bool IsBroken(FootagePiece piece) => _broken[piece.Camera].Any(b =>
        piece.Start >= b.FromAt && piece.Start < b.ToAt && HeldRange.Cover(b.HeldFrom, b.HeldTo, piece.Start, piece.End)
        && (piece.Segment is not { } id || RecordingCursor.Compare(id, b.OlderThan) < 0));

    private sealed record BrokenHold
    {
        public Guid Camera { get; init; }

        public Instant FromAt { get; init; }

        public Instant ToAt { get; init; }

        public Guid OlderThan { get; init; }

        public Instant HeldFrom { get; init; }

        public Instant HeldTo { get; init; }
    }
}
