using System.Data.Common;
using System.Globalization;
using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>A gap and what became of refilling it; null when nobody tried.</summary>
internal sealed record FillableGap(GapData Gap, GapFill? Fill);

/// <summary>The statements of refilled gaps. Writing ones are called within a transaction of the store's writer.</summary>
internal static class GapFillRows
{
    private const string Columns =
        "g.id AS Id, g.camera AS Camera, g.revision AS Revision, g.start_ns AS StartNs, g.end_ns AS EndNs, g.cause AS Cause, g.detail AS Detail, "
        + "f.start_ns AS WasStartNs, f.end_ns AS WasEndNs, f.state AS State, f.attempts AS Attempts, f.next_ns AS NextNs, f.taken AS Taken, f.error AS Error";

    /// <summary>Gaps of a camera that overlap [from, to) now or before they were refilled, oldest first. One whose footage came after all, for the disk only hung, has no length and is none.</summary>
    public static IReadOnlyList<FillableGap> Find(DbConnection db, Guid camera, Instant from, Instant to, int limit) => Many(
        db,
        """
        g.camera = @camera AND (g.start_ns < @to AND (g.end_ns IS NULL OR g.end_ns > @from AND g.end_ns > g.start_ns) OR f.start_ns < @to AND f.end_ns > @from)
        ORDER BY COALESCE(f.start_ns, g.start_ns), g.id
        """,
        new { camera = SegmentIndex.Text(camera), from = SegmentIndex.Ns(from), to = SegmentIndex.Ns(to), limit });

    /// <summary>A gap by its id.</summary>
    public static FillableGap? Find(DbConnection db, Guid gap) => Many(db, "g.id = @id", new { id = SegmentIndex.Text(gap), limit = 1 }) is [var one] ? one : null;

    /// <summary>Of each camera the most urgent gap that is due, of some causes, ended within a stretch: what evidence covers first, then the newest.</summary>
    public static IReadOnlyList<FillableGap> Due(DbConnection db, IEnumerable<Guid> cameras, IEnumerable<GapCause> causes, Stretch ended, Instant now, int limit) =>
        [.. db.Query<Row>(
            $"""
            SELECT * FROM (SELECT *, row_number() OVER (PARTITION BY camera ORDER BY evidence DESC, EndNs DESC) AS place FROM (
              SELECT {Columns}, EXISTS (SELECT 1 FROM hold h WHERE h.camera = g.camera AND h.released_ns IS NULL AND h.to_ns > g.start_ns AND h.from_ns < g.end_ns) AS evidence
              FROM gap g LEFT JOIN gap_fill f ON f.gap = g.id WHERE {IsDue(cameras, causes)}))
            WHERE place = 1 ORDER BY evidence DESC, EndNs DESC LIMIT @limit
            """,
            new { since = SegmentIndex.Ns(ended.Start), until = SegmentIndex.Ns(ended.End), now = SegmentIndex.Ns(now), limit }).Select(r => r.ToGap())];

    private static string IsDue(IEnumerable<Guid> cameras, IEnumerable<GapCause> causes) =>
        $"""
        g.end_ns > g.start_ns AND g.end_ns > @since AND g.end_ns <= @until AND g.camera IN ({string.Join(',', cameras.Select(c => $"'{SegmentIndex.Text(c)}'"))})
          AND g.cause IN ({string.Join(',', causes.Select(c => ((int)c).ToString(CultureInfo.InvariantCulture)))})
          AND (f.gap IS NULL OR f.next_ns <= @now)
        """;

    public static void Put(DbConnection db, GapFill fill) => db.Execute(
        """
        INSERT INTO gap_fill (gap, camera, start_ns, end_ns, state, attempts, next_ns, taken, error) VALUES (@gap, @camera, @start, @end, @state, @attempts, @next, @taken, @error)
        ON CONFLICT (gap) DO UPDATE SET start_ns = excluded.start_ns, end_ns = excluded.end_ns, state = excluded.state, attempts = excluded.attempts, next_ns = excluded.next_ns, taken = excluded.taken, error = excluded.error
        """,
        new
        {
            gap = SegmentIndex.Text(fill.Gap),
            camera = SegmentIndex.Text(fill.Camera),
            start = SegmentIndex.Ns(fill.Start),
            end = SegmentIndex.Ns(fill.End),
            state = (int)fill.State,
            attempts = fill.Attempts,
            next = fill.NextAt is { } next ? SegmentIndex.Ns(next) : (long?)null,
            taken = string.Join(',', fill.Taken.Select(t => string.Create(CultureInfo.InvariantCulture, $"{SegmentIndex.Ns(t.Start)} {SegmentIndex.Ns(t.End)}"))),
            error = fill.Error,
        });

    private static IReadOnlyList<FillableGap> Many(DbConnection db, string where, object values) =>
        [.. db.Query<Row>($"SELECT {Columns} FROM gap g LEFT JOIN gap_fill f ON f.gap = g.id WHERE {where} LIMIT @limit", values).Select(r => r.ToGap())];

    private sealed class Row
    {
        public string Id { get; init; } = "";

        public string Camera { get; init; } = "";

        public long Revision { get; init; }

        public long StartNs { get; init; }

        public long? EndNs { get; init; }

        public long Cause { get; init; }

        public string? Detail { get; init; }

        public long? WasStartNs { get; init; }

        public long? WasEndNs { get; init; }

        public long? State { get; init; }

        public long? Attempts { get; init; }

        public long? NextNs { get; init; }

        public string? Taken { get; init; }

        public string? Error { get; init; }

        public FillableGap ToGap()
        {
            var (id, camera) = (Guid.ParseExact(Id, "D"), Guid.ParseExact(Camera, "D"));
            var gap = new GapData
            {
                Gap = id,
                Camera = camera,
                Revision = (int)Revision,
                Start = SegmentIndex.Time(StartNs),
                End = Time(EndNs),
                Cause = (GapCause)Cause,
                Detail = Detail,
            };
            var fill = State is { } state
                ? new GapFill(id, camera, SegmentIndex.Time(WasStartNs!.Value), SegmentIndex.Time(WasEndNs!.Value), (FillState)state, (int)Attempts!.Value, Time(NextNs), Stretches(Taken!), Error)
                : null;
            return new FillableGap(gap, fill);
        }

        private static Instant? Time(long? ns) => ns is { } value ? SegmentIndex.Time(value) : null;

        private static List<Stretch> Stretches(string text) => [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries).Select(t =>
        {
            var blank = t.IndexOf(' ', StringComparison.Ordinal);
            return new Stretch(Ns(t.AsSpan(0, blank)), Ns(t.AsSpan(blank + 1)));
        })];

        private static Instant Ns(ReadOnlySpan<char> text) => SegmentIndex.Time(long.Parse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture));
    }
}
