using System.Data.Common;
using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>What the database knows of one camera when the box starts.</summary>
/// <param name="WantedSince">Begin of the wish that still stood; null when there was none.</param>
/// <param name="Open">The gap that had not ended.</param>
/// <param name="Through">How far the camera was recorded.</param>
/// <param name="SeenAt">When the box last looked.</param>
internal sealed record KnownCamera(Instant? WantedSince, GapData? Open, Instant? Through, Instant? SeenAt)
{
    public static KnownCamera Nothing { get; } = new(null, null, null, null);

    /// <summary>The newest wish that has ended; null when there is none.</summary>
    public WantedSeal? Ended { get; init; }
}

/// <summary>The statements of gaps, wishes and marks. Writing ones are called within a transaction of the store's writer.</summary>
internal static class GapRows
{
    private const int Page = 10_000;

    /// <summary>What was pruned is not wanted any more: nobody knows what became of it.</summary>
    private const string PrunedBefore = "ifnull((SELECT before_ns FROM pruned p WHERE p.camera = @camera), -9223372036854775807)";
    private const string Columns = "id, camera, revision, start_ns AS StartNs, end_ns AS EndNs, cause, detail";

    /// <summary>Puts a gap with its event unless this revision or a newer one is there; true when something changed.</summary>
    public static bool Apply(DbConnection db, IOutbox outbox, GapData gap)
    {
        var changed = db.Execute(
            """
            INSERT INTO gap (id, camera, revision, start_ns, end_ns, cause, detail) VALUES (@id, @camera, @revision, @start, @end, @cause, @detail)
            ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, start_ns = excluded.start_ns, end_ns = excluded.end_ns, cause = excluded.cause, detail = excluded.detail
            WHERE excluded.revision > gap.revision
            """,
            new
            {
                id = SegmentIndex.Text(gap.Gap),
                camera = SegmentIndex.Text(gap.Camera),
                revision = gap.Revision,
                start = SegmentIndex.Ns(gap.Start),
                end = gap.End is { } end ? SegmentIndex.Ns(end) : (long?)null,
                cause = (int)gap.Cause,
                detail = gap.Detail,
            }) > 0;
        if (changed) outbox.Append(db, EventTypes.Gap, EventIds.ForGap(gap.Gap, gap.Revision), gap.Camera, gap.End ?? gap.Start, gap);
        return changed;
    }

    /// <summary>Notes a wish, or its end; one that has ended stays so. True when something changed.</summary>
    public static bool Want(DbConnection db, Guid camera, Instant from, Instant? to) => db.Execute(
        """
        INSERT INTO wanted (camera, start_ns, end_ns) VALUES (@camera, @from, @to)
        ON CONFLICT (camera, start_ns) DO UPDATE SET end_ns = excluded.end_ns WHERE excluded.end_ns IS NOT NULL AND excluded.end_ns IS NOT wanted.end_ns
        """,
        new { camera = SegmentIndex.Text(camera), from = SegmentIndex.Ns(from), to = to is { } end ? SegmentIndex.Ns(end) : (long?)null }) > 0;

    /// <summary>Notes that a database that was made anew knows nothing of the time before a moment; true when it did not know that. One that has looked at the camera keeps its ledger.</summary>
    public static bool Prune(DbConnection db, Guid camera, Instant before) => db.Execute(
        """
        INSERT INTO pruned (camera, before_ns) SELECT @camera, @before WHERE NOT EXISTS (SELECT 1 FROM recorded_mark WHERE camera = @camera)
        ON CONFLICT (camera) DO UPDATE SET before_ns = excluded.before_ns WHERE excluded.before_ns > pruned.before_ns
        """,
        new { camera = SegmentIndex.Text(camera), before = SegmentIndex.Ns(before) }) > 0;

    public static void Mark(DbConnection db, Guid camera, Instant? through, Instant seen) => db.Execute(
        "INSERT INTO recorded_mark (camera, through_ns, seen_ns) VALUES (@camera, @through, @seen) ON CONFLICT (camera) DO UPDATE SET through_ns = excluded.through_ns, seen_ns = excluded.seen_ns",
        new { camera = SegmentIndex.Text(camera), through = through is { } t ? SegmentIndex.Ns(t) : (long?)null, seen = SegmentIndex.Ns(seen) });

    /// <summary>
    /// What is known of a camera. A database that was lost, or a box that died before it noted the wish, knows none any more: it began with the first footage or gap
    /// after the last wish that ended.
    /// </summary>
    public static KnownCamera Read(DbConnection db, Guid uid)
    {
        var camera = SegmentIndex.Text(uid);
        var since = db.QueryFirstOrDefault<long?>("SELECT start_ns FROM wanted WHERE camera = @camera AND end_ns IS NULL ORDER BY start_ns DESC LIMIT 1", new { camera });
        var ended = db.QueryFirstOrDefault<WantedRow>("SELECT start_ns AS StartNs, end_ns AS EndNs FROM wanted WHERE camera = @camera AND end_ns IS NOT NULL ORDER BY end_ns DESC LIMIT 1", new { camera });
        var open = db.QueryFirstOrDefault<GapRow>($"SELECT {Columns} FROM gap WHERE camera = @camera AND end_ns IS NULL ORDER BY start_ns DESC LIMIT 1", new { camera });
        return Known(db, camera, since ?? First(db, camera, ended?.EndNs ?? 0), open?.ToData(), ended is { EndNs: { } end } ? new WantedSeal(uid, SegmentIndex.Time(ended.StartNs), SegmentIndex.Time(end)) : null);
    }

    /// <summary>The same while the index is being filled: its rows are of any time, so the seal logs say what stands, and only the newest footage is asked for.</summary>
    public static KnownCamera Read(DbConnection db, Guid uid, StandingLedger ledger)
    {
        var camera = SegmentIndex.Text(uid);
        var told = ledger.Find(uid);
        long? since = told?.Since is { } stands ? SegmentIndex.Ns(stands) : First(db, camera, SegmentIndex.Ns(told?.Ended?.To ?? ledger.At));
        var known = Known(db, camera, since, told?.Gap, told?.Ended);
        return told?.Through is { } through && through >= known.WantedSince && !(known.Through > through) ? known with { Through = through } : known;
    }

    private static KnownCamera Known(DbConnection db, string camera, long? since, GapData? open, WantedSeal? ended)
    {
        var mark = db.QueryFirstOrDefault<MarkRow>("SELECT through_ns AS ThroughNs, seen_ns AS SeenNs FROM recorded_mark WHERE camera = @camera", new { camera });
        var recorded = db.QueryFirstOrDefault<long?>("SELECT end_ns FROM segment WHERE camera = @camera ORDER BY start_ns DESC LIMIT 1", new { camera });
        var through = Max(mark?.ThroughNs, recorded);
        return new KnownCamera(Time(since), open, through is { } t && t >= since ? Time(t) : null, Time(mark?.SeenNs)) { Ended = ended };
    }

    /// <summary>Begin of the first footage or gap from a moment on.</summary>
    private static long? First(DbConnection db, string camera, long from) => db.QueryFirstOrDefault<long?>(
        """
        SELECT min(at) FROM (
          SELECT min(start_ns) AS at FROM segment WHERE camera = @camera AND start_ns >= @from
          UNION ALL SELECT min(start_ns) FROM gap WHERE camera = @camera AND start_ns >= @from)
        """,
        new { camera, from });

    /// <summary>Cameras that a wish or an open gap is noted of.</summary>
    public static IReadOnlyList<Guid> Unfinished(DbConnection db) =>
        [.. db.Query<string>("SELECT camera FROM wanted WHERE end_ns IS NULL UNION SELECT camera FROM gap WHERE end_ns IS NULL").Select(c => Guid.ParseExact(c, "D"))];

    /// <summary>Gaps that overlap [from, to), oldest first.</summary>
    public static IReadOnlyList<GapData> Find(DbConnection db, Guid camera, Instant from, Instant to, int limit) =>
        [.. db.Query<GapRow>(
            $"SELECT {Columns} FROM gap WHERE camera = @camera AND start_ns < @to AND (end_ns IS NULL OR end_ns > @from) ORDER BY start_ns, id LIMIT @limit",
            new { camera = SegmentIndex.Text(camera), from = SegmentIndex.Ns(from), to = SegmentIndex.Ns(to), limit }).Select(r => r.ToData())];

    /// <summary>One gap; null when there is none.</summary>
    public static GapData? ById(DbConnection db, Guid gap) => db.QueryFirstOrDefault<GapRow>($"SELECT {Columns} FROM gap WHERE id = @id", new { id = SegmentIndex.Text(gap) })?.ToData();

    /// <summary>The wish that began at a moment; null when there is none.</summary>
    public static (Instant From, Instant? To)? WantedAt(DbConnection db, Guid camera, Instant from) =>
        db.QueryFirstOrDefault<WantedRow>(
            "SELECT start_ns AS StartNs, end_ns AS EndNs FROM wanted WHERE camera = @camera AND start_ns = @from", new { camera = SegmentIndex.Text(camera), from = SegmentIndex.Ns(from) }) is { } row
            ? (SegmentIndex.Time(row.StartNs), Time(row.EndNs))
            : null;

    /// <summary>Wishes that overlap [from, to), oldest first; one that still stands ends at <paramref name="to"/>.</summary>
    public static IReadOnlyList<Stretch> Wanted(DbConnection db, Guid camera, Instant from, Instant to) =>
        [.. db.Query<(long Start, long? End)>(
            $"SELECT max(start_ns, {PrunedBefore}), end_ns FROM wanted WHERE camera = @camera AND start_ns < @to AND {PrunedBefore} < @to AND (end_ns IS NULL OR end_ns > max(@from, {PrunedBefore})) ORDER BY start_ns",
            new { camera = SegmentIndex.Text(camera), from = SegmentIndex.Ns(from), to = SegmentIndex.Ns(to) })
            .Select(r => new Stretch(Instant.Max(from, SegmentIndex.Time(r.Start)), r.End is { } end ? Instant.Min(to, SegmentIndex.Time(end)) : to))];

    /// <summary>What was recorded within [from, to) and deleted again; it may be there anew.</summary>
    public static IReadOnlyList<Stretch> Deleted(DbConnection db, Guid camera, Instant from, Instant to) =>
        [.. db.Query<(long Start, long End)>(
            "SELECT start_ns, end_ns FROM footage_deleted WHERE camera = @camera AND start_ns < @to AND end_ns > @from ORDER BY start_ns",
            new { camera = SegmentIndex.Text(camera), from = SegmentIndex.Ns(from), to = SegmentIndex.Ns(to) })
            .Select(r => new Stretch(Instant.Max(from, SegmentIndex.Time(r.Start)), Instant.Min(to, SegmentIndex.Time(r.End))))];

    /// <summary>All gaps that overlap [from, to), oldest first, read a page at a time.</summary>
    public static IEnumerable<GapData> Pages(DbConnection db, Guid camera, Instant from, Instant to)
    {
        var (after, id) = (long.MinValue, "");
        while (true)
        {
            var page = db.Query<GapRow>(
                $"""
                SELECT {Columns} FROM gap WHERE camera = @camera AND start_ns < @to AND (end_ns IS NULL OR end_ns > @from) AND (start_ns, id) > (@after, @id)
                ORDER BY start_ns, id LIMIT {Page}
                """,
                new { camera = SegmentIndex.Text(camera), from = SegmentIndex.Ns(from), to = SegmentIndex.Ns(to), after, id }).AsList();
            foreach (var row in page) yield return row.ToData();
            if (page.Count < Page) yield break;
            (after, id) = (page[^1].StartNs, page[^1].Id);
        }
    }

    private static long? Max(long? a, long? b) => a is null ? b : b is null ? a : Math.Max(a.Value, b.Value);

    private static Instant? Time(long? ns) => ns is { } value ? SegmentIndex.Time(value) : null;

    private sealed class MarkRow
    {
        public long? ThroughNs { get; init; }

        public long SeenNs { get; init; }
    }

    private sealed class WantedRow
    {
        public long StartNs { get; init; }

        public long? EndNs { get; init; }
    }

    private sealed class GapRow
    {
        public string Id { get; init; } = "";

        public string Camera { get; init; } = "";

        public long Revision { get; init; }

        public long StartNs { get; init; }

        public long? EndNs { get; init; }

        public long Cause { get; init; }

        public string? Detail { get; init; }

        public GapData ToData() => new()
        {
            Gap = Guid.ParseExact(Id, "D"),
            Camera = Guid.ParseExact(Camera, "D"),
            Revision = (int)Revision,
            Start = SegmentIndex.Time(StartNs),
            End = Time(EndNs),
            Cause = (GapCause)Cause,
            Detail = Detail,
        };
    }
}
