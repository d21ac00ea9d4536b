using System.Data.Common;
using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using NodaTime;

namespace Heldar.Edge.Mirror;

/// <summary>A copy that is wanted, or that must go.</summary>
internal sealed record MirrorItem(Guid Id, Guid Camera, Instant Start, Instant End, string Path, long Bytes);

/// <summary>Kept counters of the mirror.</summary>
internal sealed record MirrorTotals(long WaitingSegments, long WaitingBytes, long CopiedSegments, long CopiedBytes, long LeavingSegments);

/// <summary>The tables of the mirror. Their triggers follow the index, so that a deletion or a revision cannot be missed.</summary>
internal static class MirrorRows
{
    /// <summary>Makes these the mirrored cameras; what is stored of a new one becomes wanted.</summary>
    public static void Want(DbConnection db, IReadOnlyCollection<Guid> cameras)
    {
        var known = db.Query<string>("SELECT camera FROM mirror_camera").ToHashSet(StringComparer.Ordinal);
        var wanted = cameras.Select(SegmentIndex.Text).ToHashSet(StringComparer.Ordinal);
        foreach (var camera in wanted.Except(known))
        {
            db.Execute("INSERT INTO mirror_camera (camera) VALUES (@camera)", new { camera });
            db.Execute(
                """
                INSERT INTO mirror_segment (id, camera, start_ns, end_ns, path, bytes, state) SELECT id, camera, start_ns, end_ns, path, bytes, 0 FROM segment WHERE camera = @camera
                ON CONFLICT (id) DO NOTHING
                """,
                new { camera });
        }

        foreach (var camera in known.Except(wanted)) db.Execute("DELETE FROM mirror_camera WHERE camera = @camera; DELETE FROM mirror_segment WHERE camera = @camera AND state = 0", new { camera });
    }

    public static IReadOnlyList<Guid> Wanted(DbConnection db) => [.. db.Query<string>("SELECT camera FROM mirror_camera").Select(c => Guid.ParseExact(c, "D"))];

    /// <summary>A copy closed with this digest; it counts when the index has the same.</summary>
    public static void Copied(DbConnection db, SegmentData data, string path) => db.Execute(
        """
        INSERT INTO mirror_segment (id, camera, start_ns, end_ns, path, bytes, sha256, state)
        VALUES (@id, @camera, @start, @end, @path, @bytes, @sha256, EXISTS (SELECT 1 FROM segment s WHERE s.id = @id AND s.sha256 = @sha256))
        ON CONFLICT (id) DO UPDATE SET sha256 = excluded.sha256, state = CASE WHEN mirror_segment.state = 2 THEN 2 ELSE excluded.state END
        """,
        new
        {
            id = SegmentIndex.Text(data.Segment),
            camera = SegmentIndex.Text(data.Camera),
            start = SegmentIndex.Ns(data.Start),
            end = SegmentIndex.Ns(data.End),
            path,
            bytes = data.Bytes,
            sha256 = data.Sha256,
        });

    /// <summary>A copy of footage that was deleted while nobody told the mirror: it goes, unless a hold covers it.</summary>
    public static void Leave(DbConnection db, Guid segment) => db.Execute("UPDATE mirror_segment SET state = 2 WHERE id = @id", new { id = SegmentIndex.Text(segment) });

    /// <summary>The volume that the index says a segment lies on; null when it has none.</summary>
    public static Guid? VolumeOf(DbConnection db, Guid segment) =>
        db.QueryFirstOrDefault<string?>("SELECT volume FROM segment WHERE id = @id", new { id = SegmentIndex.Text(segment) }) is { } volume ? Guid.ParseExact(volume, "D") : null;

    /// <summary>Whether the log of this mirror was read as a whole.</summary>
    public static bool IsKnown(DbConnection db, Guid volume) => db.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM mirror_volume WHERE id = @id)", new { id = SegmentIndex.Text(volume) }) != 0;

    /// <summary>It was; what the database has of holds, gaps and wishes becomes due there.</summary>
    public static void Know(DbConnection db, Guid volume) => db.Execute(
        """
        DELETE FROM mirror_volume;
        INSERT INTO mirror_volume (id) VALUES (@id);
        INSERT OR IGNORE INTO mirror_due (kind, id) SELECT 0, id FROM hold;
        INSERT OR IGNORE INTO mirror_due (kind, id) SELECT 1, id FROM gap;
        INSERT OR IGNORE INTO mirror_due (kind, id, start_ns) SELECT 2, camera, start_ns FROM wanted;
        """,
        new { id = SegmentIndex.Text(volume) });

    /// <summary>The copy is bad: it is wanted anew.</summary>
    public static void Bad(DbConnection db, Guid segment) => db.Execute("UPDATE mirror_segment SET sha256 = NULL, state = 0, try_ns = 0 WHERE id = @id AND state = 1", new { id = SegmentIndex.Text(segment) });

    /// <summary>The copy is gone.</summary>
    public static void Forget(DbConnection db, Guid segment) => db.Execute("DELETE FROM mirror_segment WHERE id = @id AND state <> 1", new { id = SegmentIndex.Text(segment) });

    /// <summary>The longest wait for <see cref="Later"/>.</summary>
    public static readonly Duration LongestWait = Duration.FromMinutes(5);

    /// <summary>Copies that are wanted, the newest footage first. What waits for a moment further ahead than any wait lasts was noted by a clock that has been set back since.</summary>
    public static IReadOnlyList<MirrorItem> Waiting(DbConnection db, Instant now, int limit) => Items(db.Query<(string, string, long, long, string, long)>(
        "SELECT id, camera, start_ns, end_ns, path, bytes FROM mirror_segment WHERE state = 0 AND (try_ns <= @now OR try_ns > @latest) ORDER BY start_ns DESC LIMIT @limit",
        new { now = SegmentIndex.Ns(now), latest = SegmentIndex.Ns(now + LongestWait), limit }));

    /// <summary>Not within this time again, at most <see cref="LongestWait"/>.</summary>
    public static void Later(DbConnection db, Guid segment, Instant now, Duration wait) =>
        db.Execute("UPDATE mirror_segment SET try_ns = @at WHERE id = @id", new { id = SegmentIndex.Text(segment), at = SegmentIndex.Ns(now + Duration.Min(wait, LongestWait)) });

    /// <summary>Copies of deleted footage; what a hold covers since then stays.</summary>
    public static IReadOnlyList<MirrorItem> Leaving(DbConnection db, int limit) =>
        [.. Items(db.Query<(string, string, long, long, string, long)>("SELECT id, camera, start_ns, end_ns, path, bytes FROM mirror_segment WHERE state = 2 ORDER BY id LIMIT @limit", new { limit }))
            .Where(i => !HoldRows.Covers(db, i.Camera, i.Start, i.End))];

    /// <summary>When the oldest footage ended whose copy is wanted and could be made; null when the mirror has all.</summary>
    public static Instant? OldestWaiting(DbConnection db) => db.QueryFirstOrDefault<long?>(
        """
        SELECT end_ns FROM mirror_segment m WHERE state = 0 AND NOT EXISTS (SELECT 1 FROM damage d WHERE d.segment = m.id AND d.side = 'primary' AND d.repaired_ns IS NULL)
        ORDER BY start_ns LIMIT 1
        """) is { } ns ? SegmentIndex.Time(ns) : null;

    public static bool IsCopied(DbConnection db, Guid segment) =>
        db.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM mirror_segment WHERE id = @id AND state = 1)", new { id = SegmentIndex.Text(segment) }) != 0;

    public static MirrorTotals Totals(DbConnection db)
    {
        var rows = db.Query<(long State, long Segments, long Bytes)>("SELECT state, segments, bytes FROM mirror_total ORDER BY state").AsList();
        return new MirrorTotals(rows[0].Segments, rows[0].Bytes, rows[1].Segments, rows[1].Bytes, rows[2].Segments);
    }

    private static IReadOnlyList<MirrorItem> Items(IEnumerable<(string Id, string Camera, long Start, long End, string Path, long Bytes)> rows) =>
        [.. rows.Select(r => new MirrorItem(Guid.ParseExact(r.Id, "D"), Guid.ParseExact(r.Camera, "D"), SegmentIndex.Time(r.Start), SegmentIndex.Time(r.End), r.Path, r.Bytes))];
}
