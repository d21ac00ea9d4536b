using Heldar.Cloud.Holds;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>A deletion as a search sees it, for hours that were folded before it landed.</summary>
/// <param name="LandedIn">The transaction that wrote it.</param>
internal sealed record DeletedRange(Guid Camera, Instant FromAt, Instant ToAt, Instant LandedAt, ulong LandedIn, Instant DeletedAt);

/// <summary>The cameras of one search, their holds, and the deletions that the fold may not have seen. Not thread-safe.</summary>
/// <param name="query">What is asked for.</param>
/// <param name="scope">Of which cameras.</param>
/// <param name="named">Whether the names of all these cameras are wanted.</param>
internal sealed class FootageRules(RecordingQuery query, CameraScope scope, bool named)
{
    /// <summary>Holds of what began before the range and ends in it.</summary>
    public Instant HeldFrom { get; } = query.From - LandingRow.MaxDuration;

    /// <summary>By their uids; empty when no names were wanted.</summary>
    public Dictionary<Guid, CameraName> Cameras { get; } = [];

    /// <summary>In the order of their ids.</summary>
    public List<HeldRange> Holds { get; } = [];

    /// <summary>By camera.</summary>
    public ILookup<Guid, DeletedRange> Deleted { get; private set; } = Array.Empty<DeletedRange>().ToLookup(d => d.Camera);

    /// <summary>
    /// SQL that is false for hours <c>s</c> that have seen all that changed of them, whichever camera's; it is looked up once for a statement, not for each hour. Needs
    /// <see cref="AddTo"/> and the scope's parameters.
    /// </summary>
    public string MayBeStale => $"(s.hour in (select d.hour from fold_due d where {StaleHours}) or exists (select 1 from fold_change c where {Changes}))";

    // Only deletions of hours that have not seen all of theirs are of interest: what a fold has seen is not in its list.
    public string Sql =>
        $"""
        {(named ? $"select camera, site, name from camera where {scope.OfCameras};" : "")}
        select h.camera, h.hold, h.from_at, h.to_at, h.placed_at, h.released_at from hold h where {scope.Of("h")} and h.placed_at is not null and h.from_at < @To and h.to_at > @HeldFrom order by h.hold;
        with stale as materialized (
            select d.tenant, d.camera, d.hour as from_at, d.hour + interval '1 hour' as to_at from fold_due d where {StaleHours}
            union
            select c.tenant, c.camera, greatest(c.from_at, @From - interval '1 hour'), least(c.to_at, @To) from fold_change c where {Changes})
        select t.camera, t.from_at, t.to_at, t.landed_at, t.landed_in::text, t.deleted_at from stale s
        cross join lateral (select t.* from {Tombstones.Touching("s.tenant", "s.camera", "s.from_at", "s.to_at")}) t
        """;

    private string StaleHours => $"{scope.Of("d")} and d.hour < @To and d.hour > @From - interval '2 hours'";

    private string Changes => $"{scope.Of("c")} and c.from_at < @To and c.to_at > @From - interval '1 hour'";

    public void AddTo(NpgsqlParameterCollection parameters) => parameters.AddWithValue("HeldFrom", HeldFrom.ToDateTimeUtc());

    /// <summary>Reads its results, and leaves the reader at the one behind them.</summary>
    public async Task ReadAsync(NpgsqlDataReader reader, CancellationToken cancellation)
    {
        if (named)
        {
            while (await reader.ReadAsync(cancellation)) Cameras[reader.GetGuid(0)] = new(reader.GetGuid(0), reader.GetString(1), reader.GetString(2));
            await reader.NextResultAsync(cancellation);
        }

        while (await reader.ReadAsync(cancellation))
        {
            Holds.Add(new()
            {
                Camera = reader.GetGuid(0),
                Hold = reader.GetGuid(1),
                FromAt = reader.At(2),
                ToAt = reader.At(3),
                PlacedAt = reader.At(4),
                ReleasedAt = reader.IsDBNull(5) ? null : reader.At(5),
            });
        }

        await reader.NextResultAsync(cancellation);
        List<DeletedRange> deleted = [];
        while (await reader.ReadAsync(cancellation)) deleted.Add(new(reader.GetGuid(0), reader.At(1), reader.At(2), reader.At(3), FoldSnapshot.Transaction(reader.GetString(4)), reader.At(5)));
        // One that touches two such hours comes twice.
        if (deleted.Count > 0) Deleted = deleted.Distinct().ToLookup(d => d.Camera);
        await reader.NextResultAsync(cancellation);
    }

    /// <summary>Whether a hold keeps the record of a piece that was reported as deleted at a time.</summary>
    public bool Keeps(FootagePiece piece, Instant deleted) => Holds.Exists(h => h.Camera == piece.Camera && h.Keeps(piece.Start, piece.End, deleted));
}
