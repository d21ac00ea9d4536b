using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Schedules;

/// <summary>
/// When a camera's schedule says to record. The rule: it is on exactly while the site's wall clock shows a time inside a window, begin included, end not. So a
/// window that the clock skips in spring does not happen, and one that the clock shows twice in autumn happens twice. A window belongs to the date that it begins
/// on: exceptions of that date replace it whole, also its part behind midnight. Immutable and pure.
/// </summary>
internal sealed class Timetable(DateTimeZone zone, IReadOnlyList<Schedule> weekly, IReadOnlyList<ScheduleException> exceptions)
{
    private static readonly Instant First = Instant.FromUtc(1900, 1, 1, 0, 0);
    private static readonly Instant Last = Instant.FromUtc(2300, 1, 1, 0, 0);

    /// <summary>Whether it is on at a moment: the rule itself.</summary>
    public bool IsOn(Instant at)
    {
        var local = at.InZone(zone).LocalDateTime;
        var tick = local.TimeOfDay.TickOfDay;
        return On(local.Date).Any(w => tick >= Ticks(w.Start) && (w.IsOvernight || tick < Ticks(w.End))) || On(local.Date.PlusDays(-1)).Any(w => w.IsOvernight && tick < Ticks(w.End));

        static long Ticks(int second) => second * NodaConstants.TicksPerSecond;
    }

    /// <summary>Every stretch within [from, to) that it is on for: merged, in order. Costs a few steps for each day.</summary>
    public IReadOnlyList<Stretch> Between(Instant from, Instant to)
    {
        (from, to) = (Instant.Max(from, First), Instant.Min(to, Last));
        if (to <= from || (weekly.Count == 0 && exceptions.Count == 0)) return [];
        var stretches = new List<Stretch>();
        // Within one interval of the zone the offset is fixed, and wall time and real time run side by side.
        foreach (var interval in zone.GetZoneIntervals(from, to))
        {
            var (start, end) = (interval.HasStart ? Instant.Max(from, interval.Start) : from, interval.HasEnd ? Instant.Min(to, interval.End) : to);
            var offset = interval.WallOffset;
            var last = end.WithOffset(offset).Date;
            for (var date = start.WithOffset(offset).Date.PlusDays(-1); date <= last; date = date.PlusDays(1))
            {
                var midnight = date.AtMidnight().WithOffset(offset).ToInstant();
                foreach (var window in On(date))
                {
                    var begin = Instant.Max(start, midnight + Duration.FromSeconds(window.Start));
                    var finish = Instant.Min(end, midnight + Duration.FromSeconds(window.IsOvernight ? window.End + DailyWindow.Day : window.End));
                    if (finish > begin) stretches.Add(new Stretch(begin, finish));
                }
            }
        }

        return Stretch.Merge(stretches);
    }

    /// <summary>Windows that begin on a date.</summary>
    private IEnumerable<DailyWindow> On(LocalDate date)
    {
        var special = false;
        foreach (var exception in exceptions)
        {
            if (date < exception.From || date > exception.To) continue;
            special = true;
            foreach (var window in exception.Windows) yield return window;
        }

        if (special) yield break;
        foreach (var schedule in weekly)
            if (schedule.Days.Has(date.DayOfWeek)) yield return schedule.Window;
    }
}
