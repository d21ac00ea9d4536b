using System.Globalization;
using System.Text.RegularExpressions;

namespace Heldar.Local.Drills;

/// <summary>Why the functions put messages back of late, by their log.</summary>
internal static partial class PutBacks
{
    private const int MostCauses = 3;

    /// <summary>The most frequent causes with their counts; numbers and addresses within them are left out, so that like counts as like.</summary>
    public static string Describe(IReadOnlyList<string> log)
    {
        string[] causes = [.. log.Select(line => Line().Match(line)).Where(match => match.Success).Select(match => Number().Replace(match.Groups["cause"].Value, "N"))
            .CountBy(cause => cause, StringComparer.Ordinal).OrderByDescending(cause => cause.Value).Take(MostCauses).Select(cause => string.Create(CultureInfo.InvariantCulture, $"{cause.Value} × {cause.Key}"))];
        return causes.Length == 0 ? "the functions put nothing back of late" : $"why the functions put messages back of late: {string.Join(", ", causes)}";
    }

    [GeneratedRegex(@"goes back for attempt \d+ in [\d.]+ s: (?<cause>.*)$", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Line();

    [GeneratedRegex(@"\d+(\.\d+)*(:\d+)?", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Number();
}
