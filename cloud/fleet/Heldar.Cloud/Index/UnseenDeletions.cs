using Dapper;
using Heldar.Cloud.Holds;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>What was deleted of one camera's folded hours that their spans list still, because no fold has seen it yet. Immutable.</summary>
internal sealed class UnseenDeletions
{
    private static readonly UnseenDeletions None = new([], []);

    private readonly List<Unseen> _deleted;
    private readonly List<HeldRange> _holds;

    private UnseenDeletions(List<Unseen> deleted, List<HeldRange> holds) => (_deleted, _holds) = (deleted, holds);

    /// <summary>Reads those of hours that begin in [from, to).</summary>
    public static async Task<UnseenDeletions> ReadAsync(NpgsqlConnection connection, Func<string, object, CommandDefinition> command, string tenant, Guid camera, Instant from, Instant to)
    {
        var deleted = (await connection.QueryAsync<Unseen>(command(
            $"""
            select s.hour, s.box, t.from_at, t.to_at, t.deleted_at from fold_due d
            join span s on s.tenant = d.tenant and s.camera = d.camera and s.hour = d.hour and s.box = d.box
            cross join lateral (select t.* from {Tombstones.Touching("s.tenant", "s.camera", "s.hour", "s.hour + interval '1 hour'")}) t
            where d.tenant = @tenant and d.camera = @camera and d.hour >= @from and d.hour < @to and (t.landed_at >= s.folded_at or not pg_visible_in_snapshot(t.landed_in, s.folded_in))
            """,
            new { tenant, camera, from, to }))).AsList();
        return deleted.Count == 0 ? None : new(deleted, await HeldRanges.ReadAsync(connection, command, tenant, camera, from, to + LandingRow.MaxDuration));
    }

    /// <summary>Whether a segment of a box's hour is among what was deleted and no hold keeps.</summary>
    public bool Hides(Instant hour, Guid box, PackedSegment segment)
    {
        if (_deleted.Count == 0) return false;
        var start = hour + Duration.FromMilliseconds(segment.StartMs);
        var end = start + Duration.FromMilliseconds(segment.DurationMs);
        return _deleted.Exists(t => t.Hour == hour && t.Box == box && start >= t.FromAt && start < t.ToAt && !_holds.Exists(h => h.Keeps(start, end, t.DeletedAt)));
    }

    private sealed record Unseen
    {
        public Instant Hour { get; init; }

        public Guid Box { get; init; }

        public Instant FromAt { get; init; }

        public Instant ToAt { get; init; }

        public Instant DeletedAt { get; init; }
    }
}
