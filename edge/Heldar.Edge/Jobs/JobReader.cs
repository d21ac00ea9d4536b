using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Edge.Schedules;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Edge.Jobs;

/// <summary>Turns bodies into jobs and series, or says what is wrong with them.</summary>
internal static class JobReader
{
    private static readonly Duration Furthest = Duration.FromDays(3660);

    /// <summary>Reads a job.</summary>
    public static RecordingJob? Read(JobWrite body, Guid camera, Instant now, out string? problem)
    {
        var (start, end) = (now, now);
        problem = null;
        if (!EventRules.IsTextOrNull(body.Name, 100)) problem = "name has 1 to 100 printable characters";
        else if (body.StartTime is not null && !InstantText.TryParse(body.StartTime, out start)) problem = "start_time must be a time such as 2026-11-21T04:37:00Z";
        else if ((body.EndTime is null) == (body.DurationSeconds is null)) problem = "give either end_time or duration_seconds";
        else if (body.EndTime is not null && !InstantText.TryParse(body.EndTime, out end)) problem = "end_time must be a time such as 2026-11-21T05:37:00Z";
        else if (body.DurationSeconds is < 1 || body.DurationSeconds > RecordingJob.Longest.TotalSeconds) problem = $"duration_seconds must be 1 to {RecordingJob.Longest.TotalSeconds}";
        else if (start > now + Furthest) problem = $"start_time lies more than {Furthest.Days} days ahead";
        if (problem is not null) return null;
        if (body.DurationSeconds is { } seconds) end = start + Duration.FromSeconds(seconds);
        if (end <= now) problem = "the time of the job is over already";
        else if (end <= start) problem = "end_time must lie after start_time";
        else if (end - start > RecordingJob.Longest) problem = $"a job lasts at most {RecordingJob.Longest.Days} days; what lasts longer is a schedule";
        // What is over cannot be recorded: a job that should have begun begins now.
        return problem is null ? new RecordingJob(Guid.CreateVersion7(now.ToDateTimeOffset()), camera, body.Name, null, Instant.Max(start, now), end, JobState.Pending, now, null) : null;
    }

    /// <summary>Reads a series.</summary>
    public static JobSeries? Read(SeriesWrite body, Guid camera, DateTimeZone zone, Instant now, out string? problem)
    {
        var problems = new List<string>();
        if (!EventRules.IsTextOrNull(body.Name, 100)) problems.Add("name has 1 to 100 printable characters");
        if (!Weekdays.TryParse(body.Days, out var days)) problems.Add("days must list 1 to 7 weekdays, 0 for Monday to 6 for Sunday");
        if (!DailyWindow.TryParse(body.TimeStart, body.TimeEnd, out var window)) problems.Add("time_start and time_end: " + DailyWindow.Rule);
        if (!Date(body.FirstDate, out var first) || !Date(body.LastDate, out var last)) problems.Add("first_date and last_date must be dates such as 2026-12-24");
        else if (problems.Count == 0)
        {
            var series = new JobSeries(Guid.CreateVersion7(now.ToDateTimeOffset()), camera, body.Name, days, window, first, last, now);
            if (Occurrences.Between(series, zone, now, now + Furthest).Any())
            {
                problem = null;
                return series;
            }

            problems.Add("no such day lies between now, first_date and last_date: it would never record");
        }

        problem = string.Join("; ", problems);
        return null;
    }

    private static bool Date(string? text, out LocalDate? date)
    {
        date = null;
        if (text is null) return true;
        var read = LocalDatePattern.Iso.Parse(text);
        if (read.Success) date = read.Value;
        return read.Success && read.Value.Year is >= 2000 and < 2200;
    }
}
