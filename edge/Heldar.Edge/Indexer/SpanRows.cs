using System.Data.Common;
using Dapper;
using NodaTime;

namespace Heldar.Edge.Indexer;

/// <summary>
/// Keeps what is recorded of a camera as spans: stretches of segments with no hole of more than <see cref="Tolerance"/>. Called with every row of
/// <c>segment</c> that comes, changes or goes, in the same transaction; costs a few index lookups, whatever is stored.
/// </summary>
internal static class SpanRows
{
    /// <summary>Holes up to this are none: pictures have a length, and a reconnect that costs less is no gap.</summary>
    public static readonly Duration Tolerance = Duration.FromSeconds(1);

    private static readonly long Slack = (long)Tolerance.TotalNanoseconds;

    /// <summary>A segment has come; its times in nanoseconds since 1970.</summary>
    public static void Add(DbConnection db, string camera, long start, long end)
    {
        // Spans are disjoint and in order, so only the one that begins before can reach in from the left.
        if (Before(db, camera, start) is { } left && left.End >= start - Slack) (start, end) = (left.Start, Math.Max(left.End, end));
        while (db.QueryFirstOrDefault<Span>(
            "SELECT start_ns AS Start, end_ns AS End FROM footage_span WHERE camera = @camera AND start_ns > @start AND start_ns <= @last ORDER BY start_ns LIMIT 1",
            new { camera, start, last = Later(end, Slack) }) is { } right)
        {
            Delete(db, camera, right.Start);
            end = Math.Max(end, right.End);
        }

        Put(db, camera, new Span { Start = start, End = end });
    }

    /// <summary>A segment is gone, and so is its row; its times in nanoseconds since 1970.</summary>
    public static void Remove(DbConnection db, string camera, long start, long end)
    {
        if (Before(db, camera, start) is not { } span || span.End < start) return;
        // What the segment joined is in its own reach; beyond it the span holds without it.
        var reach = Later(end, Slack);
        var near = db.Query<Span>(
            "SELECT start_ns AS Start, end_ns AS End FROM segment WHERE camera = @camera AND start_ns >= @start AND start_ns <= @last ORDER BY start_ns",
            new { camera, start, last = Math.Min(span.End, reach) });
        var far = db.QueryFirstOrDefault<long?>(
            "SELECT start_ns FROM segment WHERE camera = @camera AND start_ns > @reach AND start_ns <= @last ORDER BY start_ns LIMIT 1", new { camera, reach, last = span.End });
        var open = LastEnd(db, camera, span.Start, start) is { } left ? new Span { Start = span.Start, End = left } : null;
        Delete(db, camera, span.Start);
        foreach (var one in far is { } next ? near.Append(new Span { Start = next, End = span.End }) : near)
        {
            if (open is not null && one.Start > Later(open.End, Slack)) Put(db, camera, open);
            else if (open is not null)
            {
                open = new Span { Start = open.Start, End = Math.Max(open.End, one.End) };
                continue;
            }

            open = one;
        }

        if (open is not null) Put(db, camera, open);
    }

    /// <summary>Spans of a camera that overlap [from, to), oldest first, at most <paramref name="limit"/>.</summary>
    public static List<RecordedSpan> Within(DbConnection db, string camera, long from, long to, int limit)
    {
        // A year may have tens of thousands of them: read without a mapper.
        var spans = new List<RecordedSpan>();
        using var rows = db.ExecuteReader(
            """
            SELECT start_ns, end_ns FROM footage_span
            WHERE camera = @camera AND start_ns < @to AND end_ns > @from
              AND start_ns >= COALESCE((SELECT start_ns FROM footage_span WHERE camera = @camera AND start_ns <= @from ORDER BY start_ns DESC LIMIT 1), @from)
            ORDER BY start_ns LIMIT @limit
            """,
            new { camera, from, to, limit });
        while (rows.Read()) spans.Add(new RecordedSpan(SegmentIndex.Time(Math.Max(rows.GetInt64(0), from)), SegmentIndex.Time(Math.Min(rows.GetInt64(1), to))));
        return spans;
    }

    /// <summary>The latest end of the segments that start in [from, before).</summary>
    private static long? LastEnd(DbConnection db, string camera, long from, long before) => db.ExecuteScalar<long?>(
        """
        SELECT max(end_ns) FROM segment WHERE camera = @camera AND start_ns >= @from AND start_ns < @before AND start_ns >= (
          SELECT start_ns FROM segment WHERE camera = @camera AND start_ns < @before ORDER BY start_ns DESC LIMIT 1)
          - (SELECT COALESCE(MAX(longest_ns), 0) FROM camera_total WHERE camera = @camera)
        """,
        new { camera, from, before });

    private static Span? Before(DbConnection db, string camera, long start) => db.QueryFirstOrDefault<Span>(
        "SELECT start_ns AS Start, end_ns AS End FROM footage_span WHERE camera = @camera AND start_ns <= @start ORDER BY start_ns DESC LIMIT 1", new { camera, start });

    private static void Put(DbConnection db, string camera, Span span) => db.Execute(
        "INSERT INTO footage_span (camera, start_ns, end_ns) VALUES (@camera, @start, @end) ON CONFLICT (camera, start_ns) DO UPDATE SET end_ns = excluded.end_ns",
        new { camera, start = span.Start, end = span.End });

    private static void Delete(DbConnection db, string camera, long start) =>
        db.Execute("DELETE FROM footage_span WHERE camera = @camera AND start_ns = @start", new { camera, start });

    /// <summary>Times reach to the end of the scale; a sum stays on it.</summary>
    private static long Later(long time, long by) => time > long.MaxValue - by ? long.MaxValue : time + by;

    /// <summary>One row; nanoseconds since 1970.</summary>
    internal sealed class Span
    {
        public long Start { get; init; }

        public long End { get; init; }
    }
}
