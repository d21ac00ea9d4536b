using System.Globalization;
using Heldar.Local.Processes;
using NodaTime;

namespace Heldar.Local.FunctionsHost;

/// <summary>A six-field schedule {second minute hour day month day-of-week} in UTC: <c>*</c>, numbers, lists, ranges and steps.</summary>
internal sealed class NCronTab
{
    private static readonly (int Low, int High)[] Ranges = [(0, 59), (0, 59), (0, 23), (1, 31), (1, 12), (0, 6)];

    private readonly bool[][] _fields;

    private NCronTab(bool[][] fields) => _fields = fields;

    /// <summary>Reads an expression. Throws <see cref="ProcessException"/> when it is none.</summary>
    public static NCronTab Parse(string text)
    {
        var parts = text.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length != 6) throw new ProcessException($"'{text}' is not a schedule of six fields: second minute hour day month day-of-week");
        return new([.. parts.Select((p, i) => Field(p, Ranges[i].Low, Ranges[i].High, text))]);
    }

    /// <summary>The first time after <paramref name="after"/>; null when none comes within four years.</summary>
    public Instant? Next(Instant after)
    {
        var at = Instant.FromUnixTimeSeconds(after.ToUnixTimeSeconds() + 1).InUtc().LocalDateTime;
        var end = at.PlusYears(4);
        while (at < end)
        {
            if (!_fields[4][at.Month]) at = new LocalDate(at.Year, at.Month, 1).PlusMonths(1).AtMidnight();
            else if (!_fields[3][at.Day] || !_fields[5][(int)at.DayOfWeek % 7]) at = at.Date.PlusDays(1).AtMidnight();
            else if (!_fields[2][at.Hour]) at = new LocalDateTime(at.Year, at.Month, at.Day, at.Hour, 0).PlusHours(1);
            else if (!_fields[1][at.Minute]) at = new LocalDateTime(at.Year, at.Month, at.Day, at.Hour, at.Minute).PlusMinutes(1);
            else if (!_fields[0][at.Second]) at = at.PlusSeconds(1);
            else return at.InUtc().ToInstant();
        }

        return null;
    }

    private static bool[] Field(string text, int low, int high, string whole)
    {
        var set = new bool[high + 1];
        foreach (var part in text.Split(','))
        {
            var step = part.Split('/');
            var range = step[0] == "*" ? [low, high] : step[0].Split('-').Select(n => Number(n, whole)).ToArray();
            var every = step.Length == 2 ? Number(step[1], whole) : 1;
            var to = range.Length == 2 ? range[1] : step.Length == 2 ? high : range[0];
            if (step.Length > 2 || range.Length > 2 || every < 1 || range[0] < low || to > high || range[0] > to) throw new ProcessException($"'{whole}' is not a schedule: '{part}' is out of {low} to {high}");
            for (var value = range[0]; value <= to; value += every) set[value] = true;
        }

        return set;
    }

    private static int Number(string text, string whole) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new ProcessException($"'{whole}' is not a schedule: '{text}' is no number");
}
