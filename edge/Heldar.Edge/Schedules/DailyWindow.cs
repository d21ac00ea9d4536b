using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Heldar.Edge.Schedules;

/// <summary>
/// [Start, End) of a day as the wall clock shows it, in seconds since midnight. An end that is not after its start lies on the next day; an end of 86,400 is midnight.
/// </summary>
/// <param name="Start">0 to 86,399.</param>
/// <param name="End">0 to 86,400, never the start.</param>
internal readonly record struct DailyWindow(int Start, int End)
{
    public const int Day = 86_400;

    /// <summary>What is allowed, for messages.</summary>
    public const string Rule = "times are HH:MM from 00:00 to 23:59 (24:00 as an end); a window has a length, and the whole day is 00:00 to 24:00";

    /// <summary>It ends on the day after the one that it begins on.</summary>
    public bool IsOvernight => End <= Start;

    /// <summary>Reads both times; false when one is none or the window has no length.</summary>
    public static bool TryParse(string? start, string? end, out DailyWindow window)
    {
        window = default;
        if (!TryTime(start, out var from) || from == Day || !TryTime(end, out var to) || from == to) return false;
        window = new DailyWindow(from, to);
        return true;
    }

    /// <summary>HH:MM, with seconds only where there are some.</summary>
    public static string Text(int second)
    {
        var minutes = string.Create(CultureInfo.InvariantCulture, $"{second / 3600:00}:{second / 60 % 60:00}");
        return second % 60 == 0 ? minutes : string.Create(CultureInfo.InvariantCulture, $"{minutes}:{second % 60:00}");
    }

    private static bool TryTime([NotNullWhen(true)] string? text, out int second)
    {
        second = 0;
        if (text is null || text.Length is not (5 or 8) || text[2] != ':' || (text.Length == 8 && text[5] != ':')) return false;
        if (!Two(text, 0, out var hour) || !Two(text, 3, out var minute)) return false;
        var seconds = 0;
        if (text.Length == 8 && !Two(text, 6, out seconds)) return false;
        second = (hour * 3600) + (minute * 60) + seconds;
        return minute < 60 && seconds < 60 && second <= Day;
    }

    private static bool Two(string text, int at, out int value) => int.TryParse(text.AsSpan(at, 2), NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
