using Heldar.Edge.Cameras;
using Heldar.Edge.Schedules;
using NodaTime;

namespace Heldar.Edge.Jobs;

/// <summary>
/// When a series occurs: once for each of its dates, from the wall clock's start to its end. Wall-clock days have 23 to 25 hours, so nothing is ever added up. A start
/// that the clock skips is the moment after the skip; one that it shows twice is the first, an end the last. An occurrence without length does not happen. Pure.
/// </summary>
internal static class Occurrences
{
    /// <summary>Occurrences of a series that begin in [from, to), in order.</summary>
    public static IEnumerable<Stretch> Between(JobSeries series, DateTimeZone zone, Instant from, Instant to)
    {
        if (to <= from) yield break;
        var last = to.InZone(zone).Date.PlusDays(1);
        if (series.Last is { } end && end < last) last = end;
        var date = from.InZone(zone).Date.PlusDays(-1);
        if (series.First is { } first && first > date) date = first;
        for (; date <= last; date = date.PlusDays(1))
        {
            if (!series.Days.Has(date.DayOfWeek)) continue;
            var stretch = On(series.Window, date, zone);
            if (stretch.Start >= from && stretch.Start < to && stretch.End > stretch.Start) yield return stretch;
        }
    }

    private static Stretch On(DailyWindow window, LocalDate date, DateTimeZone zone)
    {
        var midnight = date.AtMidnight();
        var end = midnight.PlusSeconds(window.IsOvernight ? window.End + DailyWindow.Day : window.End);
        return new Stretch(At(zone, midnight.PlusSeconds(window.Start), last: false), At(zone, end, last: true));
    }

    private static Instant At(DateTimeZone zone, LocalDateTime local, bool last)
    {
        var map = zone.MapLocal(local);
        return map.Count == 0 ? map.EarlyInterval.End : (last ? map.Last() : map.First()).ToInstant();
    }
}
