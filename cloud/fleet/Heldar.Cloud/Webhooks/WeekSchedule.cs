using NodaTime;
using NodaTime.Text;

namespace Heldar.Cloud.Webhooks;

/// <summary>Hours of the week, in the site's time zone. An event passes when it lies in one of the windows.</summary>
public sealed record WeekSchedule
{
    /// <summary>Most windows.</summary>
    public const int MaxWindows = 50;

    /// <summary>1 to <see cref="MaxWindows"/>.</summary>
    public required IReadOnlyList<WeekWindow> Windows { get; init; }

    /// <summary>Why it makes no sense, or null.</summary>
    public string? Mistake() => Windows.Count is 0 or > MaxWindows
        ? $"a schedule has 1 to {MaxWindows} windows"
        : Windows.Select(w => w is null ? "a window is null" : w.Mistake()).FirstOrDefault(m => m is not null);

    /// <summary>Whether a time lies in it.</summary>
    public bool Contains(Instant time, DateTimeZone zone)
    {
        var local = time.InZone(zone).LocalDateTime;
        return Windows.Any(w => w.Contains(local));
    }
}

/// <summary>One window of the week, from its first minute to before its last; one that ends at or before its beginning ends the next day.</summary>
/// <param name="Days">Days it begins on: 1 (Monday) to 7 (Sunday), each once.</param>
/// <param name="From">HH:MM.</param>
/// <param name="To">HH:MM; the same as <paramref name="From"/> means a whole day.</param>
public sealed record WeekWindow(IReadOnlyList<int> Days, string From, string To)
{
    private static readonly LocalTimePattern Pattern = LocalTimePattern.CreateWithInvariantCulture("HH:mm");

    internal string? Mistake()
    {
        if (Days.Count is 0 or > 7 || Days.Any(d => d is < 1 or > 7) || Days.Distinct().Count() != Days.Count) return "days are 1 (Monday) to 7 (Sunday), each once";
        return Pattern.Parse(From).Success && Pattern.Parse(To).Success ? null : "from and to are times such as 22:00";
    }

    internal bool Contains(LocalDateTime local)
    {
        var (from, to) = (Pattern.Parse(From).Value, Pattern.Parse(To).Value);
        var day = (int)local.DayOfWeek;
        if (from < to) return Days.Contains(day) && local.TimeOfDay >= from && local.TimeOfDay < to;
        var before = day == 1 ? 7 : day - 1;
        return (Days.Contains(day) && local.TimeOfDay >= from) || (Days.Contains(before) && local.TimeOfDay < to);
    }
}
