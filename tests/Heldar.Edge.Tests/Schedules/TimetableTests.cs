using System.Collections.Immutable;
using Heldar.Edge.Cameras;
using Heldar.Edge.Schedules;
using NodaTime;

namespace Heldar.Edge.Tests.Schedules;

public sealed class TimetableTests
{
    private static readonly Guid Camera = Guid.CreateVersion7();
    private static readonly DateTimeZone Berlin = DateTimeZoneProviders.Tzdb["Europe/Berlin"];

    [Fact]
    public void Window_IsHalfOpen()
    {
        var table = Table(Berlin, [Week(0b0011111, "08:00", "18:00")]);

        Assert.Equal([Local(2026, 11, 20, 8, 18)], table.Between(At(2026, 11, 20, 0, 0), At(2026, 11, 22, 0, 0)));
        Assert.True(table.IsOn(At(2026, 11, 20, 8, 0)));
        Assert.False(table.IsOn(At(2026, 11, 20, 8, 0) - Duration.Epsilon));
        Assert.True(table.IsOn(At(2026, 11, 20, 18, 0) - Duration.FromTicks(1)));
        Assert.False(table.IsOn(At(2026, 11, 20, 18, 0)));
        Assert.Empty(table.Between(At(2026, 11, 21, 0, 0), At(2026, 11, 23, 0, 0)));
    }

    [Fact]
    public void OvernightWindow_BelongsToTheDayItBeginsOn()
    {
        // Friday only: Saturday's early hours belong to it, Friday's do not.
        var table = Table(Berlin, [Week(0b0010000, "22:00", "06:00")]);

        Assert.Equal([new Stretch(At(2026, 11, 20, 22, 0), At(2026, 11, 21, 6, 0))], table.Between(At(2026, 11, 18, 0, 0), At(2026, 11, 25, 0, 0)));
        Assert.False(table.IsOn(At(2026, 11, 20, 3, 0)));
        Assert.True(table.IsOn(At(2026, 11, 21, 3, 0)));
    }

    [Fact]
    public void WholeDays_AreOneStretch()
    {
        var table = Table(Berlin, [Week(0b1111111, "00:00", "24:00")]);
        var stretch = Assert.Single(table.Between(At(2026, 10, 1, 0, 0), At(2026, 11, 1, 0, 0)));
        Assert.Equal(new Stretch(At(2026, 10, 1, 0, 0), At(2026, 11, 1, 0, 0)), stretch);
    }

    [Theory]
    [InlineData("Europe/Berlin", 2026, 3, 29, "02:00", "03:00", 0)] // skipped whole
    [InlineData("Europe/Berlin", 2026, 3, 29, "01:30", "03:30", 60)] // an hour is missing
    [InlineData("Europe/Berlin", 2026, 10, 25, "02:00", "03:00", 120)] // shown twice
    [InlineData("Europe/Berlin", 2026, 10, 25, "01:30", "02:30", 90)]
    [InlineData("America/New_York", 2026, 3, 8, "01:00", "04:00", 120)]
    [InlineData("America/New_York", 2026, 11, 1, "00:30", "03:00", 210)]
    [InlineData("Australia/Lord_Howe", 2026, 4, 5, "01:00", "03:00", 150)] // half an hour
    [InlineData("America/Havana", 2026, 3, 8, "00:00", "02:00", 60)] // the day begins at 01:00
    [InlineData("Asia/Kolkata", 2026, 3, 29, "02:00", "03:00", 60)] // none
    [InlineData("Pacific/Apia", 2011, 12, 30, "00:00", "24:00", 0)] // the day that did not happen
    public void ClockChange_CountsWhatTheWallClockShows(string zone, int year, int month, int day, string start, string end, int minutes)
    {
        var tz = DateTimeZoneProviders.Tzdb[zone];
        var date = new LocalDate(year, month, day);
        var table = Table(tz, [Week(1 << ((int)date.DayOfWeek - 1), start, end)]);
        var middle = tz.AtLeniently(date.At(new LocalTime(12, 0))).ToInstant();

        Assert.Equal(minutes, Stretch.Seconds(table.Between(middle - Duration.FromHours(40), middle + Duration.FromHours(40))) / 60);
    }

    [Fact]
    public void Holiday_TakesTheDaysWindows_AlsoBehindMidnight()
    {
        var holiday = new ScheduleException(Guid.CreateVersion7(), null, "Christmas", new LocalDate(2026, 12, 24), new LocalDate(2026, 12, 25), []);
        var open = new ScheduleException(Guid.CreateVersion7(), Camera, "Sale", new LocalDate(2026, 12, 27), new LocalDate(2026, 12, 27), [new DailyWindow(10 * 3600, 12 * 3600)]);
        var table = new Timetable(Berlin, [Week(0b1111111, "22:00", "06:00")], [holiday, open]);

        Assert.Equal(
            [
                new Stretch(At(2026, 12, 23, 22, 0), At(2026, 12, 24, 6, 0)),
                new Stretch(At(2026, 12, 26, 22, 0), At(2026, 12, 27, 6, 0)),
                new Stretch(At(2026, 12, 27, 10, 0), At(2026, 12, 27, 12, 0)),
            ],
            table.Between(At(2026, 12, 23, 12, 0), At(2026, 12, 28, 12, 0)));
    }

    /// <summary>Every zone, each of its transitions from 1990 to 2037, random weeks: the stretches are exactly the moments at which the wall clock shows a window.</summary>
    [Fact]
    public void Stretches_AreTheRule_AtEveryTransitionOfEveryZone()
    {
        var random = new Random(4711);
        var (from, to) = (Instant.FromUtc(1990, 1, 1, 0, 0), Instant.FromUtc(2037, 1, 1, 0, 0));
        var transitions = 0;
        foreach (var zone in DateTimeZoneProviders.Tzdb.Ids.Select(id => DateTimeZoneProviders.Tzdb[id]))
        {
            foreach (var interval in zone.GetZoneIntervals(from, to).Where(i => i.HasStart && i.Start > from))
            {
                transitions++;
                var table = Table(zone, [.. Enumerable.Range(0, random.Next(1, 4)).Select(_ => Random(random))], RandomException(random, zone, interval.Start));
                var (begin, end) = (interval.Start - Duration.FromHours(50), interval.Start + Duration.FromHours(50));
                var stretches = table.Between(begin, end);
                Assert.Equal(stretches, Stretch.Merge(stretches));
                foreach (var at in Moments(random, stretches, begin, end, interval.Start))
                    Assert.True(table.IsOn(at) == stretches.Any(s => s.Start <= at && at < s.End), $"{zone.Id} at {at}");
            }
        }

        Assert.True(transitions > 10_000, $"{transitions} transitions");
    }

    [Fact]
    public void Parts_OfARange_AreTheWhole()
    {
        var random = new Random(42);
        for (var i = 0; i < 300; i++)
        {
            var table = Table(Berlin, [Random(random), Random(random)]);
            var from = At(2026, 1, 1, 0, 0) + Duration.FromMinutes(random.Next(500_000));
            var (middle, to) = (from + Duration.FromMinutes(random.Next(20_000)), from + Duration.FromMinutes(20_000));
            Assert.Equal(table.Between(from, to), Stretch.Merge(table.Between(from, middle).Concat(table.Between(middle, to))));
        }
    }

    [Theory]
    [InlineData("24:00", "06:00")]
    [InlineData("08:00", "08:00")]
    [InlineData("8:00", "09:00")]
    [InlineData("08:60", "09:00")]
    [InlineData("08:00", "24:01")]
    [InlineData("25:00", "26:00")]
    [InlineData("-1:00", "09:00")]
    [InlineData("08:00:60", "09:00")]
    [InlineData("", "09:00")]
    [InlineData(null, null)]
    public void ImpossibleWindow_IsRefused(string? start, string? end) => Assert.False(DailyWindow.TryParse(start, end, out _));

    private static IEnumerable<Instant> Moments(Random random, IReadOnlyList<Stretch> stretches, Instant begin, Instant end, Instant transition)
    {
        var edges = stretches.SelectMany(s => new[] { s.Start, s.End }).Append(transition);
        var near = edges.SelectMany(e => new[] { e - Duration.FromTicks(1), e, e + Duration.FromMinutes(7) });
        var anywhere = Enumerable.Range(0, 20).Select(_ => begin + Duration.FromSeconds(random.Next((int)(end - begin).TotalSeconds)));
        return near.Concat(anywhere).Where(a => a >= begin && a < end);
    }

    private static Schedule Random(Random random)
    {
        var start = random.Next(DailyWindow.Day);
        var end = random.Next(DailyWindow.Day + 1);
        if (random.Next(3) == 0) (start, end) = (random.Next(24) * 3600, random.Next(25) * 3600);
        return new Schedule(Guid.CreateVersion7(), Camera, null, new Weekdays(random.Next(1, 128)), new DailyWindow(start, end == start ? (start + 60) % DailyWindow.Day : end), true);
    }

    private static ScheduleException[] RandomException(Random random, DateTimeZone zone, Instant near)
    {
        if (random.Next(2) == 0) return [];
        var date = near.InZone(zone).Date.PlusDays(random.Next(-2, 2));
        ImmutableArray<DailyWindow> windows = random.Next(2) == 0 ? [] : [new DailyWindow(random.Next(DailyWindow.Day), DailyWindow.Day)];
        return [new ScheduleException(Guid.CreateVersion7(), null, null, date, date.PlusDays(random.Next(2)), windows)];
    }

    private static Timetable Table(DateTimeZone zone, IReadOnlyList<Schedule> weekly, params IReadOnlyList<ScheduleException> exceptions) => new(zone, weekly, exceptions);

    private static Schedule Week(int days, string start, string end)
    {
        Assert.True(DailyWindow.TryParse(start, end, out var window));
        return new Schedule(Guid.CreateVersion7(), Camera, null, new Weekdays(days), window, true);
    }

    private static Instant At(int year, int month, int day, int hour, int minute) => new LocalDateTime(year, month, day, hour, minute).InZoneStrictly(Berlin).ToInstant();

    private static Stretch Local(int year, int month, int day, int from, int to) => new(At(year, month, day, from, 0), At(year, month, day, to, 0));
}
