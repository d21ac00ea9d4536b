using System.Data.Common;
using Dapper;

namespace Heldar.Edge.Retention;

/// <summary>Doubts of the clock that are over.</summary>
internal static class DoubtRows
{
    /// <summary>Deletes at most this many doubts that ended before a moment and that no footage is dated in; answers how many.</summary>
    public static int Prune(DbConnection db, long before, int most) => db.Execute(
        """
        DELETE FROM clock_doubt WHERE id IN (SELECT id FROM clock_doubt d WHERE until_ns < @before AND NOT EXISTS (
          SELECT 1 FROM camera_total t WHERE EXISTS (SELECT 1 FROM segment s WHERE s.camera = t.camera AND s.start_ns BETWEEN d.from_ns AND d.to_ns)) LIMIT @most)
        """,
        new { before, most });
}
