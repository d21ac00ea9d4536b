using System.Data.Common;
using Dapper;
using Heldar.Edge.Indexer;

namespace Heldar.Edge.Fsck;

/// <summary>The database against the seal log, and its kept figures against its own rows: invariant 8, and that nothing overlaps within a run.</summary>
internal static class IndexCheck
{
    private const string Islands =
        """
        SELECT camera, min(start_ns) AS start_ns, max(end_ns) AS end_ns FROM (
          SELECT camera, start_ns, end_ns, sum(begins) OVER (PARTITION BY camera ORDER BY start_ns, id) AS island FROM (
            SELECT camera, id, start_ns, end_ns,
              start_ns > coalesce(max(end_ns) OVER (PARTITION BY camera ORDER BY start_ns, id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), -9223372036854775807) + 1000000000 AS begins
            FROM segment))
        GROUP BY camera, island
        """;

    /// <summary>Rows of one volume.</summary>
    /// <param name="log">Its seal log.</param>
    /// <param name="db">The database.</param>
    /// <param name="report">Takes what is wrong.</param>
    /// <param name="repaired">The next start reads the whole log, and so brings in what is missing.</param>
    /// <param name="cancellation">Ends between rows.</param>
    /// <param name="mayLackRows">It holds copies: only those have rows that nothing else has.</param>
    public static void Rows(SealedVolume log, DbConnection db, FsckReport report, bool repaired, CancellationToken cancellation, bool mayLackRows = false)
    {
        foreach (var row in db.Query<Row>(
            "SELECT id, revision, bytes, sha256, path FROM segment WHERE volume = @volume", new { volume = SegmentIndex.Text(log.Volume.Id) }, buffered: false))
        {
            cancellation.ThrowIfCancellationRequested();
            report.Count("rows");
            if (!Guid.TryParseExact(row.Id, "D", out var id) || !log.Segments.TryGetValue(id, out var segment))
            {
                report.Add(new Finding(8, "row-without-seal", row.Path, "the database has a segment that the seal log does not know"));
                continue;
            }

            segment.Indexed = true;
            if (segment.DeletedAt is { } at) report.Add(new Finding(8, "row-deleted", row.Path, $"the database still has a segment whose deletion was sealed at {at}") { Repaired = repaired });
            else if (row.Bytes != segment.Bytes || row.Revision != segment.Revision || row.Path != segment.Path || row.Sha256 != Convert.ToHexStringLower(segment.Sha256))
                report.Add(new Finding(8, "row-differs", row.Path, "the database has it otherwise than it was sealed"));
        }

        if (mayLackRows) return;
        foreach (var missing in log.Segments.Values.Where(s => s is { Indexed: false, DeletedAt: null, OnDisk: true }))
            report.Add(new Finding(8, "not-indexed", missing.Path, "it is on disk and sealed, and the database does not know it") { Repaired = repaired });
    }

    /// <summary>Kept counters, spans and marks of holds.</summary>
    public static void Kept(DbConnection db, FsckReport report)
    {
        foreach (var camera in db.Query<string>(
            """
            SELECT DISTINCT camera FROM (
              SELECT camera, volume, count(*), sum(bytes), sum(held), sum(held * bytes) FROM segment GROUP BY camera, volume
              EXCEPT SELECT camera, volume, segments, bytes, held_segments, held_bytes FROM camera_volume_total)
            UNION SELECT t.camera FROM camera_volume_total t WHERE t.segments > 0 AND NOT EXISTS (SELECT 1 FROM segment s WHERE s.camera = t.camera AND s.volume = t.volume)
            """))
            report.Add(new Finding(8, "counters", camera, "the kept counters of this camera are not the sum of its segments"));
        foreach (var camera in db.Query<string>(
            $"SELECT DISTINCT camera FROM (SELECT * FROM ({Islands}) EXCEPT SELECT camera, start_ns, end_ns FROM footage_span UNION ALL SELECT * FROM (SELECT camera, start_ns, end_ns FROM footage_span EXCEPT SELECT * FROM ({Islands})))"))
            report.Add(new Finding(8, "spans", camera, "the kept timeline of this camera is not that of its segments"));
        foreach (var path in db.Query<string>($"SELECT path FROM segment WHERE held <> NOT ({HoldRows.IsFree.Replace("held = 0 AND ", "", StringComparison.Ordinal)}) LIMIT {FsckReport.MaxListed}"))
            report.Add(new Finding(4, "held-mark", path, "its mark as held is not what the holds say"));
    }

    /// <summary>Segments of one run follow each other.</summary>
    public static void Runs(IEnumerable<SealedVolume> logs, FsckReport report)
    {
        foreach (var run in logs.SelectMany(l => l.Segments.Values).Where(s => s.DeletedAt is null).GroupBy(s => (s.Camera, s.Run)))
        {
            SealedSegment? before = null;
            foreach (var segment in run.OrderBy(s => s.Start))
            {
                // Media clocks count in 1/90000 s; a millisecond is rounding.
                if (before is not null && before.Id != segment.Id && segment.Start < before.End - NodaTime.Duration.FromMilliseconds(1))
                    report.Add(new Finding(1, "overlap-in-run", segment.Path, $"it begins before {before.Path} ends, in the same run"));
                before = segment;
            }
        }
    }

    /// <summary>Makes counters, spans and marks anew from the rows.</summary>
    public static void Rebuild(DbConnection db)
    {
        db.Execute($"UPDATE segment SET held = NOT held WHERE held <> NOT ({HoldRows.IsFree.Replace("held = 0 AND ", "", StringComparison.Ordinal)})");
        db.Execute(
            """
            DELETE FROM camera_volume_total;
            INSERT INTO camera_volume_total (camera, volume, segments, bytes, held_segments, held_bytes)
              SELECT camera, volume, count(*), sum(bytes), sum(held), sum(held * bytes) FROM segment GROUP BY camera, volume;
            DELETE FROM camera_total;
            INSERT INTO camera_total (camera, segments, bytes, frames, longest_ns) SELECT camera, count(*), sum(bytes), sum(frames), max(end_ns - start_ns) FROM segment GROUP BY camera;
            DELETE FROM footage_span;
            """);
        db.Execute($"INSERT INTO footage_span (camera, start_ns, end_ns) {Islands}");
    }
}
