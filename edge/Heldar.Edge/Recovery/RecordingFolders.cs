using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Media.SegmentNames;

namespace Heldar.Edge.Recovery;

/// <summary>What lies in one folder on the way to recordings: the volume's root, a camera's, a year's, a month's, a day's, an hour's.</summary>
/// <param name="Path">Below the volume; empty for its root.</param>
/// <param name="Segments">Files that are named as segments are, where such a segment belongs.</param>
/// <param name="Others">What else lies there and is not the box's; it was not looked into.</param>
/// <param name="Trouble">Why not all of it was seen; null when it was.</param>
internal sealed record RecordingFolder(string Path, IReadOnlyList<SegmentName> Segments, IReadOnlyList<Stranger> Others, string? Trouble);

/// <summary>Something among recordings that is none.</summary>
/// <param name="Path">Below the volume.</param>
/// <param name="IsLink">It is a symbolic link.</param>
internal sealed record Stranger(string Path, bool IsLink);

/// <summary>
/// The only way that recovery and checks go over a volume: <c>camera/yyyy/MM/dd/HH</c>, folder by folder. Links are never followed, folders of other names are not entered, what the
/// operating system, other programs or the box itself keep at the root (<c>lost+found</c>, <c>.Trash-1000</c>, seals, quarantine) is passed over, nothing is held open in between, and
/// a folder that may not be read is told and keeps nobody from the next one. Bounded in depth and in names per folder, whatever lies there.
/// </summary>
internal static class RecordingFolders
{
    /// <summary>Most entries that are looked at in one folder.</summary>
    public const int MaxEntries = 10_000;
    private static readonly int[] Digits = [4, 2, 2, 2];

    /// <summary>Folders of cameras, in the order of their names.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="trouble">Told when its root cannot be read.</param>
    public static IReadOnlyList<string> Cameras(Volume volume, Action<string> trouble)
    {
        var (root, cameras) = Look(volume, "");
        if (root.Trouble is { } why) trouble(why);
        return cameras;
    }

    /// <summary>Every folder, a camera after the other.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="camera">Only those of this camera; null for all.</param>
    /// <param name="since">Only those of this hour and later, such as <c>2026/11/21/04</c>; null for all.</param>
    /// <param name="newestFirst">The newest hour of each camera first.</param>
    public static IEnumerable<RecordingFolder> Of(Volume volume, string? camera = null, string? since = null, bool newestFirst = false)
    {
        var (folder, inner) = Look(volume, camera ?? "");
        yield return folder;
        foreach (var path in newestFirst ? inner.Reverse() : inner)
        {
            var date = path.AsSpan(path.IndexOf('/', StringComparison.Ordinal) + 1);
            if (since is not null && path.Contains('/', StringComparison.Ordinal) && date.SequenceCompareTo(since.AsSpan(0, Math.Min(since.Length, date.Length))) < 0) continue;
            foreach (var below in Of(volume, path, since, newestFirst)) yield return below;
        }
    }

    /// <summary>One folder, and those in it that are the box's.</summary>
    private static (RecordingFolder Folder, IReadOnlyList<string> Inner) Look(Volume volume, string path)
    {
        var level = path.Length == 0 ? 0 : path.Count(c => c == '/') + 1;
        List<SegmentName> segments = [];
        List<Stranger> others = [];
        SortedSet<string> inner = new(StringComparer.Ordinal);
        string? trouble = null;
        try
        {
            var seen = 0;
            foreach (var entry in new DirectoryInfo(Path.Combine(volume.Root, path)).EnumerateFileSystemInfos())
            {
                if (level == 0 && IsPassedOver(entry.Name)) continue;
                if (seen++ == MaxEntries)
                {
                    trouble = $"it holds more than {MaxEntries} entries, and the rest was not looked at";
                    break;
                }

                var at = level == 0 ? entry.Name : $"{path}/{entry.Name}";
                var isLink = entry.LinkTarget is not null;
                if (!isLink && entry is DirectoryInfo && IsOurs(entry.Name, level)) inner.Add(at);
                else if (!isLink && entry is FileInfo && SegmentName.TryParse(at, out var name) && !SpecialFile.Is(entry.FullName)) segments.Add(name);
                else others.Add(new Stranger(at, isLink));
            }
        }
        catch (DirectoryNotFoundException)
        {
            // Retention was faster.
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            trouble = e.Message;
        }

        return (new RecordingFolder(path, segments, others, trouble), [.. inner]);
    }

    private static bool IsPassedOver(string name) => name[0] == '.' || name is SealFiles.Folder or Quarantine.Folder or Volume.IdentityFile or "lost+found";

    private static bool IsOurs(string name, int level) =>
        level == 0 ? SegmentName.IsCamera(name) : level <= Digits.Length && name.Length == Digits[level - 1] && name.All(char.IsAsciiDigit);
}
