using System.Globalization;
using System.Text.RegularExpressions;

namespace Heldar.Local.Judge;

/// <summary>A recording as the disk has it. The segment's id is the last UUID in the file's name.</summary>
internal sealed partial record DiskSegment(Guid Segment, string File, DateTimeOffset LastWrite, long Bytes)
{
    private const string QuarantineFolder = "quarantine";

    /// <summary>When it begins by the box's clock, as its name says it; null when the name says none.</summary>
    public DateTimeOffset? Start =>
        DateTimeOffset.TryParseExact(Path.GetFileName(File).Split('_')[0], "yyyyMMdd'T'HHmmss.fff'Z'", CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out DateTimeOffset start) ? start : null;

    /// <summary>Files that recovery set aside because nothing in them can be played; what is in them is checked apart.</summary>
    public static IEnumerable<string> Quarantined(IEnumerable<string> folders) =>
        folders.Select(folder => Path.Combine(folder, QuarantineFolder)).Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*", SearchOption.AllDirectories));

    /// <summary>Every recording under the folders, by id. A file without an id in its name is a problem that <paramref name="unknown"/> gets.</summary>
    public static IReadOnlyDictionary<Guid, DiskSegment> Scan(IEnumerable<string> folders, Action<string>? unknown = null)
    {
        Dictionary<Guid, DiskSegment> found = [];
        foreach (string file in folders.Where(Directory.Exists).SelectMany(folder => Directory.EnumerateFiles(folder, "*.mp4", SearchOption.AllDirectories)))
        {
            if (Path.GetFileName(Path.GetDirectoryName(file)) == QuarantineFolder) continue;
            Match? id = Id().Matches(Path.GetFileName(file)).LastOrDefault();
            if (id is null)
            {
                unknown?.Invoke($"{file}: no segment id in its name");
                continue;
            }

            var segment = Guid.Parse(id.Value);
            var info = new FileInfo(file);
            if (!info.Exists) continue;
            if (!found.TryAdd(segment, new DiskSegment(segment, file, new DateTimeOffset(info.LastWriteTimeUtc), info.Length))) unknown?.Invoke($"{file}: its id is on the disk twice");
        }

        return found;
    }

    [GeneratedRegex("[0-9a-fA-F]{8}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{4}-?[0-9a-fA-F]{12}", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Id();
}
