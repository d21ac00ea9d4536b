using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Edge.Seals;

/// <summary>Names of seal files: <c>seals/yyyy/MM/dd/HH.jsonl</c> below the volume, UTC. Their order by name is the order of the chain.</summary>
internal static class SealFiles
{
    public const string Folder = "seals";
    private static readonly InstantPattern Pattern = InstantPattern.CreateWithInvariantCulture("yyyy/MM/dd/HH");

    /// <summary>Path below the seal folder without extension, for example <c>2026/11/21/04</c>.</summary>
    public static string HourOf(Instant time) => Pattern.Format(time);

    /// <summary>The hour before.</summary>
    public static string Before(string hour) => HourOf(Pattern.Parse(hour).Value - Duration.FromHours(1));

    public static Instant TimeOf(string hour) => Pattern.Parse(hour).Value;

    public static string PathOf(string root, string hour) => Path.Combine(root, Folder, hour + ".jsonl");

    /// <summary>Hours that have a file, oldest first; symbolic links and other names are left out.</summary>
    public static IReadOnlyList<string> Hours(string root, string? from = null)
    {
        var top = new DirectoryInfo(Path.Combine(root, Folder));
        if (!top.Exists) return [];
        var hours = new List<string>();
        foreach (var year in Numbered(top, 4))
            foreach (var month in Numbered(year, 2))
                foreach (var day in Numbered(month, 2))
                    foreach (var file in day.EnumerateFiles("??.jsonl"))
                        if (file.LinkTarget is null && Pattern.Parse(Name(year, month, day, file)) is { Success: true }) hours.Add(Name(year, month, day, file));
        hours.Sort(StringComparer.Ordinal);
        if (from is not null) hours.RemoveAll(h => string.CompareOrdinal(h, from) < 0);
        return hours;
    }

    private static string Name(DirectoryInfo year, DirectoryInfo month, DirectoryInfo day, FileInfo file) =>
        string.Create(CultureInfo.InvariantCulture, $"{year.Name}/{month.Name}/{day.Name}/{Path.GetFileNameWithoutExtension(file.Name)}");

    private static IEnumerable<DirectoryInfo> Numbered(DirectoryInfo folder, int digits) =>
        folder.EnumerateDirectories().Where(d => d.LinkTarget is null && d.Name.Length == digits && d.Name.All(char.IsAsciiDigit));
}
