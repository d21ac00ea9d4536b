using System.Globalization;
using Heldar.Cloud.Index;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Fleet.Api;

/// <summary>Reads query parameters within bounds; each mistake names the parameter and what it may be (<see cref="BadInputException"/>).</summary>
internal static class QueryText
{
    private const int MaxListed = 500;

    /// <summary>End of the year 9999.</summary>
    private const long MaxMilliseconds = 253_402_300_799_999;

    /// <summary><c>from</c> and <c>to</c> as a range of at most <see cref="RecordingQuery.MaxRange"/>.</summary>
    public static (Instant From, Instant To) Range(IQueryCollection query)
    {
        var from = Time(query, "from");
        var to = Time(query, "to");
        if (to <= from) throw new BadInputException("to must be later than from");
        if (to - from > RecordingQuery.MaxRange) throw new BadInputException($"from and to may lie at most {RecordingQuery.MaxRange.Days} days apart; ask for several ranges");
        return (from, to);
    }

    /// <summary>A whole number within bounds.</summary>
    public static int Number(IQueryCollection query, string name, int unset, int least, int most)
    {
        string? text = query[name];
        if (string.IsNullOrEmpty(text)) return unset;
        return int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) && number >= least && number <= most
            ? number
            : throw new BadInputException($"{name} must be a whole number from {least} to {most}");
    }

    /// <summary>Names separated by commas or given several times; null when none is given.</summary>
    public static IReadOnlyList<string>? Slugs(IQueryCollection query, string name) =>
        List(query, name)?.Select(t => Names.IsSlug(t) ? t : throw new BadInputException($"{name}: '{Short(t)}' is not a name of lower-case letters, digits and hyphens")).ToArray();

    /// <summary>Ids separated by commas or given several times; null when none is given.</summary>
    public static IReadOnlyList<Guid>? Ids(IQueryCollection query, string name) =>
        List(query, name)?.Select(t => Guid.TryParseExact(t, "D", out var id) ? id : throw new BadInputException($"{name}: '{Short(t)}' is not an id")).ToArray();

    /// <summary>Words of up to 100 printable characters, separated by commas or given several times; null when none is given.</summary>
    public static IReadOnlyList<string>? Words(IQueryCollection query, string name) =>
        List(query, name)?.Select(t => EventRules.IsText(t, 100) ? t : throw new BadInputException($"{name}: a word has 1 to 100 printable characters")).ToArray();

    /// <summary>A time that the index can hold (1970 to 9998), as RFC 3339 or as Unix milliseconds.</summary>
    public static bool TryTime(string? text, out Instant time)
    {
        if (!InstantText.TryParse(text, out time))
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long ms) || ms > MaxMilliseconds) return false;
            time = Instant.FromUnixTimeMilliseconds(ms);
        }

        return EventRules.IsTime(time);
    }

    /// <summary>A time that must be given.</summary>
    public static Instant Time(IQueryCollection query, string name) =>
        TryTime(query[name], out var time)
            ? time
            : throw new BadInputException($"{name} must be a time such as 2026-11-21T04:37:00Z");

    private static string[]? List(IQueryCollection query, string name)
    {
        var values = query[name];
        if (values.Count == 0) return null;
        var list = values.SelectMany(v => (v ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)).Distinct(StringComparer.Ordinal).ToArray();
        if (list.Length > MaxListed) throw new BadInputException($"{name}: at most {MaxListed} at once");
        return list.Length == 0 ? null : list;
    }

    private static string Short(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
