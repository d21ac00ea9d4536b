using System.Collections.Immutable;
using Heldar.Contracts.Events;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Edge.Schedules;

/// <summary>Turns bodies into schedules and exceptions, or says all that is wrong with them.</summary>
internal static class ScheduleReader
{
    private const int MaxWindows = 24;
    private static readonly LocalDate First = new(2000, 1, 1);
    private static readonly LocalDate Last = new(2200, 1, 1);

    /// <summary>Reads a schedule.</summary>
    /// <param name="body">What was sent.</param>
    /// <param name="before">The schedule that is changed, or null for a new one.</param>
    /// <param name="camera">Whose it is.</param>
    /// <param name="zone">The site's.</param>
    /// <param name="problem">Every mistake, or null.</param>
    public static Schedule? Read(ScheduleWrite body, Schedule? before, Guid camera, DateTimeZone zone, out string? problem)
    {
        var problems = new List<string>();
        var days = before?.Days ?? default;
        if ((body.Days is not null || before is null) && !Weekdays.TryParse(body.Days, out days)) problems.Add("days must list 1 to 7 weekdays, 0 for Monday to 6 for Sunday");
        var window = before?.Window ?? default;
        if (body.TimeStart is not null || body.TimeEnd is not null || before is null)
        {
            var start = body.TimeStart ?? (before is null ? null : DailyWindow.Text(before.Window.Start));
            var end = body.TimeEnd ?? (before is null ? null : DailyWindow.Text(before.Window.End));
            if (!DailyWindow.TryParse(start, end, out window)) problems.Add("time_start and time_end: " + DailyWindow.Rule);
        }

        Name(body.Name, problems);
        Zone(body.TimeZone, zone, problems);
        problem = problems.Count == 0 ? null : string.Join("; ", problems);
        return problem is null ? new Schedule(before?.Id ?? Guid.CreateVersion7(), camera, body.Name ?? before?.Name, days, window, body.Enabled ?? before?.Enabled ?? true) : null;
    }

    /// <summary>Reads an exception.</summary>
    public static ScheduleException? Read(ExceptionWrite body, Guid? camera, out string? problem)
    {
        var problems = new List<string>();
        Name(body.Name, problems);
        var windows = ImmutableArray.CreateBuilder<DailyWindow>();
        foreach (var one in body.Windows ?? [])
        {
            if (one is not null && DailyWindow.TryParse(one.TimeStart, one.TimeEnd, out var window)) windows.Add(window);
            else problems.Add($"windows[{windows.Count}]: {DailyWindow.Rule}");
            if (problems.Count > 3) break;
        }

        if (windows.Count > MaxWindows) problems.Add($"an exception has at most {MaxWindows} windows");
        if (!Date(body.FromDate, out var from) || !Date(body.ToDate ?? body.FromDate, out var to)) problems.Add("from_date and to_date must be dates such as 2026-12-24");
        else if (to < from) problems.Add("to_date lies before from_date");
        else if (Period.DaysBetween(from, to) >= ScheduleException.MaxDays) problems.Add($"an exception covers at most {ScheduleException.MaxDays} days");
        else if (problems.Count == 0)
        {
            problem = null;
            return new ScheduleException(Guid.CreateVersion7(), camera, body.Name, from, to, windows.ToImmutable());
        }

        problem = string.Join("; ", problems);
        return null;
    }

    private static bool Date(string? text, out LocalDate date)
    {
        var read = LocalDatePattern.Iso.Parse(text ?? "");
        date = read.Success ? read.Value : default;
        return read.Success && date >= First && date < Last;
    }

    private static void Name(string? name, List<string> problems)
    {
        if (!EventRules.IsTextOrNull(name, 100)) problems.Add("name has 1 to 100 printable characters");
    }

    private static void Zone(string? id, DateTimeZone zone, List<string> problems)
    {
        if (id is null || id == zone.Id) return;
        problems.Add(DateTimeZoneProviders.Tzdb.GetZoneOrNull(id) is null
            ? "time_zone is not an IANA time zone such as Europe/Berlin"
            : $"time_zone: a site has one zone, this one's is {zone.Id} (box.timeZone in heldar.yaml)");
    }
}
