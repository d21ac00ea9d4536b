using System.Globalization;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Edge.Seals;

/// <summary>
/// Names of seal files: <c>seals/yyyy/MM/dd/HH.jsonl</c> below the volume, UTC, and <c>HH_00001.jsonl</c> and so on where the first one of an hour is full. Their order by
/// name is the order of the chain.
/// </summary>
internal static class SealFiles
{
    public const string Folder = "seals";
    private const string Extension = ".jsonl";
    private const int DayLength = 10;
    private const int HourLength = 13;
    private const int MaxPart = 99_999;
    private static readonly InstantPattern Pattern = InstantPattern.CreateWithInvariantCulture("yyyy/MM/dd/HH");

    /// <summary>Path below the seal folder without extension, for example <c>2026/11/21/04</c>.</summary>
    public static string HourOf(Instant time) => Pattern.Format(time);

    /// <summary>The hour that a file is of: its name without the part.</summary>
    public static string HourOf(string name) => name[..HourLength];

    /// <summary>The file behind this one in the same hour; the same one after the hundred-thousandth.</summary>
    public static string After(string name)
    {
        var part = name.Length == HourLength ? 0 : int.Parse(name.AsSpan(HourLength + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        return part == MaxPart ? name : string.Create(CultureInfo.InvariantCulture, $"{HourOf(name)}_{part + 1:D5}");
    }

    /// <summary>Begin of a file's hour.</summary>
    public static Instant TimeOf(string name) => Pattern.Parse(HourOf(name)).Value;

    public static string PathOf(string root, string name) => Path.Combine(root, Folder, name + Extension);

    /// <summary>Files that there are, by name, oldest first; symbolic links, pipes and other names are left out.</summary>
    public static IReadOnlyList<string> Hours(string root, string? from = null)
    {
        var top = new DirectoryInfo(Path.Combine(root, Folder));
        if (!top.Exists) return [];
        var hours = new List<string>();
        foreach (var year in Numbered(top, 4))
            foreach (var month in Numbered(year, 2))
                foreach (var day in Numbered(month, 2))
                    if (from is null || string.CompareOrdinal($"{year.Name}/{month.Name}/{day.Name}", 0, from, 0, DayLength) >= 0)
                        hours.AddRange(day.EnumerateFiles("??*" + Extension).Where(f => IsSeals(f, Name(year, month, day, f), from)).Select(f => Name(year, month, day, f)));
        hours.Sort(StringComparer.Ordinal);
        return hours;
    }

    /// <summary>By its name first: what it is costs a look at the disk each, and a year has nine thousand.</summary>
    private static bool IsSeals(FileInfo file, string name, string? from) =>
        (from is null || string.CompareOrdinal(name, from) >= 0) && IsName(name) && file.LinkTarget is null && !SpecialFile.Is(file.FullName);

    private static bool IsName(string name) =>
        (name.Length == HourLength || (name.Length == HourLength + 6 && name[HourLength] == '_' && name.AsSpan(HourLength + 1).IndexOfAnyExceptInRange('0', '9') < 0))
        && Pattern.Parse(HourOf(name)).Success;

    private static string Name(DirectoryInfo year, DirectoryInfo month, DirectoryInfo day, FileInfo file) =>
        string.Create(CultureInfo.InvariantCulture, $"{year.Name}/{month.Name}/{day.Name}/{Path.GetFileNameWithoutExtension(file.Name)}");

    private static IEnumerable<DirectoryInfo> Numbered(DirectoryInfo folder, int digits) =>
        folder.EnumerateDirectories().Where(d => d.LinkTarget is null && d.Name.Length == digits && d.Name.All(char.IsAsciiDigit));
}
