using System.Data.Common;
using Dapper;
using Heldar.Edge.Indexer;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>Takes out of the ledger what is older than the oldest footage and than any question. The standing wish and the newest one stay.</summary>
internal static class GapPruning
{
    private static readonly string[] Statements =
    [
        "DELETE FROM gap WHERE id IN (SELECT id FROM gap WHERE camera = @camera AND start_ns < @before AND end_ns < @before ORDER BY start_ns LIMIT @most)",
        "DELETE FROM gap_fill WHERE gap IN (SELECT gap FROM gap_fill WHERE camera = @camera AND start_ns < @before AND end_ns < @before ORDER BY start_ns LIMIT @most)",
        """
        DELETE FROM wanted WHERE camera = @camera AND start_ns IN (SELECT start_ns FROM wanted WHERE camera = @camera AND start_ns < @before AND end_ns < @before
          AND start_ns < (SELECT max(start_ns) FROM wanted WHERE camera = @camera) ORDER BY start_ns LIMIT @most)
        """,
        "DELETE FROM footage_deleted WHERE camera = @camera AND start_ns IN (SELECT start_ns FROM footage_deleted WHERE camera = @camera AND start_ns < @before AND end_ns < @before ORDER BY start_ns LIMIT @most)",
    ];

    /// <summary>Cameras of the ledger, each with the moment before which it may be pruned: the begin of its oldest footage, or <paramref name="latest"/> when that is earlier.</summary>
    public static IReadOnlyList<(string Camera, long Before)> Find(DbConnection db, Instant latest) =>
        [.. db.Query<(string Camera, long Before)>(
            """
            SELECT camera, min(@latest, ifnull((SELECT min(start_ns) FROM segment s WHERE s.camera = c.camera), @latest)) FROM (
              SELECT camera FROM recorded_mark UNION SELECT camera FROM gap UNION SELECT camera FROM wanted UNION SELECT camera FROM footage_deleted UNION SELECT camera FROM gap_fill) c
            """,
            new { latest = SegmentIndex.Ns(latest) })];

    /// <summary>Deletes at most this many rows of each table, within a transaction of the store's writer; answers how many it deleted.</summary>
    public static int Prune(DbConnection db, string camera, long before, int most)
    {
        var rows = Statements.Sum(sql => db.Execute(sql, new { camera, before, most }));
        if (rows > 0) db.Execute("INSERT INTO pruned (camera, before_ns) VALUES (@camera, @before) ON CONFLICT (camera) DO UPDATE SET before_ns = max(before_ns, excluded.before_ns)", new { camera, before });
        return rows;
    }
}
