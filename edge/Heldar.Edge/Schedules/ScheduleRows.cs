using System.Collections.Immutable;
using System.Data.Common;
using System.Globalization;
using Dapper;
using NodaTime.Text;

namespace Heldar.Edge.Schedules;

/// <summary>The statements of schedules and exceptions. Writing ones are called within a transaction of the store's writer.</summary>
internal static class ScheduleRows
{
    public static IReadOnlyList<Schedule> Schedules(DbConnection db) =>
        [.. db.Query<(string Id, string Camera, string? Name, long Days, long Start, long End, long Enabled)>("SELECT id, camera, name, days, start_s, end_s, enabled FROM camera_schedule")
            .Select(r => new Schedule(Id(r.Id), Id(r.Camera), r.Name, new Weekdays((int)r.Days), new DailyWindow((int)r.Start, (int)r.End), r.Enabled != 0))];

    public static IReadOnlyList<ScheduleException> Exceptions(DbConnection db) =>
        [.. db.Query<(string Id, string? Camera, string? Name, string From, string To, string Windows)>("SELECT id, camera, name, from_date, to_date, windows FROM schedule_exception")
            .Select(r => new ScheduleException(Id(r.Id), r.Camera is null ? null : Id(r.Camera), r.Name, LocalDatePattern.Iso.Parse(r.From).Value, LocalDatePattern.Iso.Parse(r.To).Value, Windows(r.Windows)))];

    public static void Put(DbConnection db, Schedule s) => db.Execute(
        """
        INSERT INTO camera_schedule (id, camera, name, days, start_s, end_s, enabled) VALUES (@id, @camera, @name, @days, @start, @end, @enabled)
        ON CONFLICT (id) DO UPDATE SET name = excluded.name, days = excluded.days, start_s = excluded.start_s, end_s = excluded.end_s, enabled = excluded.enabled
        """,
        new { id = s.Id.ToString("D"), camera = s.Camera.ToString("D"), name = s.Name, days = s.Days.Mask, start = s.Window.Start, end = s.Window.End, enabled = s.Enabled ? 1 : 0 });

    public static void Put(DbConnection db, ScheduleException e) => db.Execute(
        "INSERT INTO schedule_exception (id, camera, name, from_date, to_date, windows) VALUES (@id, @camera, @name, @from, @to, @windows)",
        new
        {
            id = e.Id.ToString("D"),
            camera = e.Camera?.ToString("D"),
            name = e.Name,
            from = LocalDatePattern.Iso.Format(e.From),
            to = LocalDatePattern.Iso.Format(e.To),
            windows = string.Join(' ', e.Windows.Select(w => string.Create(CultureInfo.InvariantCulture, $"{w.Start}-{w.End}"))),
        });

    public static void RemoveSchedule(DbConnection db, Guid id) => db.Execute("DELETE FROM camera_schedule WHERE id = @id", new { id = id.ToString("D") });

    public static void RemoveException(DbConnection db, Guid id) => db.Execute("DELETE FROM schedule_exception WHERE id = @id", new { id = id.ToString("D") });

    private static Guid Id(string text) => Guid.ParseExact(text, "D");

    private static ImmutableArray<DailyWindow> Windows(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(w => w.Split('-')).Select(w => new DailyWindow(int.Parse(w[0], CultureInfo.InvariantCulture), int.Parse(w[1], CultureInfo.InvariantCulture)))];
}
