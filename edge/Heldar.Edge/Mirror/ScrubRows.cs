using System.Data.Common;
using Dapper;
using Heldar.Edge.Indexer;
using NodaTime;

namespace Heldar.Edge.Mirror;

/// <summary>A file that is not what was sealed.</summary>
internal sealed record Damage(Guid Segment, string Side, Guid Camera, string What, Instant Found, Instant? Repaired);

/// <summary>Where the scrub is.</summary>
internal sealed record ScrubMark(string Position, long Rounds, Instant? RoundStarted, long Segments, long Bytes);

/// <summary>The tables of the scrub.</summary>
internal static class ScrubRows
{
    public static ScrubMark Mark(DbConnection db)
    {
        var (position, rounds, started, segments, bytes) = db.QuerySingle<(string, long, long?, long, long)>("SELECT position, rounds, round_started_ns, segments, bytes FROM scrub_mark");
        return new ScrubMark(position, rounds, started is { } ns ? SegmentIndex.Time(ns) : null, segments, bytes);
    }

    /// <summary>
    /// The segment behind a position. Ids begin with their time, so the walk is by age, and after a round the one that was looked at longest ago is next.
    /// </summary>
    public static (Guid Id, bool Copied)? Next(DbConnection db, string position) =>
        db.QueryFirstOrDefault<(string? Id, long Copied)>(
            "SELECT id, EXISTS (SELECT 1 FROM mirror_segment m WHERE m.id = segment.id AND m.state = 1) FROM segment WHERE id > @position ORDER BY id LIMIT 1", new { position }) is ({ } id, var copied)
            ? (Guid.ParseExact(id, "D"), copied != 0)
            : null;

    public static void Move(DbConnection db, Guid to, long bytes) => db.Execute(
        "UPDATE scrub_mark SET position = @to, segments = segments + 1, bytes = bytes + @bytes", new { to = SegmentIndex.Text(to), bytes });

    public static void Begin(DbConnection db, Instant now, bool ended) => db.Execute(
        "UPDATE scrub_mark SET position = '', rounds = rounds + @ended, round_started_ns = @now", new { ended, now = SegmentIndex.Ns(now) });

    public static void Found(DbConnection db, Damage damage) => db.Execute(
        """
        INSERT INTO damage (segment, side, camera, what, found_ns) VALUES (@segment, @side, @camera, @what, @found)
        ON CONFLICT (segment, side) DO UPDATE SET what = excluded.what, found_ns = CASE WHEN repaired_ns IS NULL THEN found_ns ELSE excluded.found_ns END, repaired_ns = NULL
        """,
        new { segment = SegmentIndex.Text(damage.Segment), side = damage.Side, camera = SegmentIndex.Text(damage.Camera), what = damage.What, found = SegmentIndex.Ns(damage.Found) });

    public static void Repaired(DbConnection db, Guid segment, string side, Instant at) => db.Execute(
        "UPDATE damage SET repaired_ns = @at WHERE segment = @segment AND side = @side AND repaired_ns IS NULL", new { segment = SegmentIndex.Text(segment), side, at = SegmentIndex.Ns(at) });

    /// <summary>The newest damages, those that are not repaired first.</summary>
    public static IReadOnlyList<Damage> Damages(DbConnection db, int limit) =>
        [.. db.Query<(string Segment, string Side, string Camera, string What, long Found, long? Repaired)>(
                "SELECT segment, side, camera, what, found_ns, repaired_ns FROM damage ORDER BY repaired_ns IS NOT NULL, found_ns DESC LIMIT @limit", new { limit })
            .Select(d => new Damage(Guid.ParseExact(d.Segment, "D"), d.Side, Guid.ParseExact(d.Camera, "D"), d.What, SegmentIndex.Time(d.Found), d.Repaired is { } ns ? SegmentIndex.Time(ns) : null))];

    /// <summary>Damaged files that were found from a moment on, or that were known and still are.</summary>
    public static long FoundSince(DbConnection db, Instant from) =>
        db.ExecuteScalar<long>("SELECT count(*) FROM damage WHERE found_ns >= @from OR repaired_ns >= @from OR repaired_ns IS NULL", new { from = SegmentIndex.Ns(from) });

    public static long Open(DbConnection db) => db.ExecuteScalar<long>("SELECT count(*) FROM damage WHERE repaired_ns IS NULL AND EXISTS (SELECT 1 FROM segment s WHERE s.id = damage.segment)");
}
