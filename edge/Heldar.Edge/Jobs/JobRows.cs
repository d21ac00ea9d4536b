using System.Data.Common;
using Dapper;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Schedules;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Edge.Jobs;

/// <summary>The statements of jobs and series. Writing ones are called within a transaction of the store's writer.</summary>
internal static class JobRows
{
    /// <summary>Final jobs stay this long.</summary>
    private static readonly Duration Kept = Duration.FromDays(400);
    private const string Columns = "id, camera, name, series, from_ns AS FromNs, to_ns AS ToNs, state, since_ns AS SinceNs, detail";

    /// <summary>Jobs under way.</summary>
    public static IReadOnlyList<RecordingJob> Live(DbConnection db) => [.. db.Query<Row>($"SELECT {Columns} FROM recording_job WHERE state < 4").Select(r => r.ToJob())];

    /// <summary>Jobs that overlap [from, to), newest first.</summary>
    public static IReadOnlyList<RecordingJob> Find(DbConnection db, Guid? camera, Instant from, Instant to, int limit) =>
        [.. db.Query<Row>(
            $"SELECT {Columns} FROM recording_job WHERE (@camera IS NULL OR camera = @camera) AND from_ns < @to AND to_ns > @from ORDER BY from_ns DESC, id DESC LIMIT @limit",
            new { camera = camera?.ToString("D"), from = SegmentIndex.Ns(from), to = SegmentIndex.Ns(to), limit }).Select(r => r.ToJob())];

    public static RecordingJob? Find(DbConnection db, Guid id) => db.QueryFirstOrDefault<Row>($"SELECT {Columns} FROM recording_job WHERE id = @id", new { id = id.ToString("D") })?.ToJob();

    public static void Put(DbConnection db, RecordingJob j) => db.Execute(
        """
        INSERT INTO recording_job (id, camera, name, series, from_ns, to_ns, state, since_ns, detail) VALUES (@id, @camera, @name, @series, @from, @to, @state, @since, @detail)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, since_ns = excluded.since_ns, detail = excluded.detail
        ON CONFLICT DO NOTHING
        """,
        new
        {
            id = j.Id.ToString("D"),
            camera = j.Camera.ToString("D"),
            name = j.Name,
            series = j.Series?.ToString("D"),
            from = SegmentIndex.Ns(j.From),
            to = SegmentIndex.Ns(j.To),
            state = (int)j.State,
            since = SegmentIndex.Ns(j.Since),
            detail = j.Detail,
        });

    /// <summary>Deletes at most this many jobs that ended long ago; answers how many. Only for a clock that is trusted.</summary>
    public static int Prune(DbConnection db, Instant now, int most) => db.Execute(
        "DELETE FROM recording_job WHERE id IN (SELECT id FROM recording_job WHERE state >= 4 AND to_ns < @old LIMIT @most)", new { old = SegmentIndex.Ns(now - Kept), most });

    public static IReadOnlyList<JobSeries> Series(DbConnection db) =>
        [.. db.Query<(string Id, string Camera, string? Name, long Days, long Start, long End, string? First, string? Last, long Planned)>(
            "SELECT id, camera, name, days, start_s, end_s, first_date, last_date, planned_ns FROM recording_series")
            .Select(r => new JobSeries(
                Guid.ParseExact(r.Id, "D"), Guid.ParseExact(r.Camera, "D"), r.Name, new Weekdays((int)r.Days), new DailyWindow((int)r.Start, (int)r.End), Date(r.First), Date(r.Last), SegmentIndex.Time(r.Planned)))];

    public static void Put(DbConnection db, JobSeries s) => db.Execute(
        """
        INSERT INTO recording_series (id, camera, name, days, start_s, end_s, first_date, last_date, planned_ns) VALUES (@id, @camera, @name, @days, @start, @end, @first, @last, @planned)
        ON CONFLICT (id) DO UPDATE SET planned_ns = excluded.planned_ns
        """,
        new
        {
            id = s.Id.ToString("D"),
            camera = s.Camera.ToString("D"),
            name = s.Name,
            days = s.Days.Mask,
            start = s.Window.Start,
            end = s.Window.End,
            first = Text(s.First),
            last = Text(s.Last),
            planned = SegmentIndex.Ns(s.Planned),
        });

    public static void RemoveSeries(DbConnection db, Guid id) => db.Execute("DELETE FROM recording_series WHERE id = @id", new { id = id.ToString("D") });

    /// <summary>Stretches of a job's time that were recorded and closed, deleted ones included.</summary>
    public static IReadOnlyList<Stretch> Recorded(DbConnection db, RecordingJob j) =>
    [
        .. SpanRows.Within(db, j.Camera.ToString("D"), SegmentIndex.Ns(j.From), SegmentIndex.Ns(j.To), SegmentIndex.MaxSpans).Select(s => new Stretch(s.Start, s.End)),
        .. GapRows.Deleted(db, j.Camera, j.From, j.To),
    ];

    private static LocalDate? Date(string? text) => text is null ? null : LocalDatePattern.Iso.Parse(text).Value;

    private static string? Text(LocalDate? date) => date is { } value ? LocalDatePattern.Iso.Format(value) : null;

    private sealed class Row
    {
        public string Id { get; init; } = "";

        public string Camera { get; init; } = "";

        public string? Name { get; init; }

        public string? Series { get; init; }

        public long FromNs { get; init; }

        public long ToNs { get; init; }

        public long State { get; init; }

        public long SinceNs { get; init; }

        public string? Detail { get; init; }

        public RecordingJob ToJob() => new(
            Guid.ParseExact(Id, "D"), Guid.ParseExact(Camera, "D"), Name, Series is null ? null : Guid.ParseExact(Series, "D"), SegmentIndex.Time(FromNs), SegmentIndex.Time(ToNs),
            (JobState)State, SegmentIndex.Time(SinceNs), Detail);
    }
}
