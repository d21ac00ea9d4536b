using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Media.SegmentNames;

namespace Heldar.Edge.Recovery;

/// <summary>What lies in one hour's folder of one camera.</summary>
/// <param name="Segments">Files that are named as segments are, where such a segment belongs.</param>
/// <param name="Others">How many have another name, or are links.</param>
internal sealed record RecordingFolder(IReadOnlyList<SegmentName> Segments, int Others);

/// <summary>
/// The hour folders of a volume, one after the other: <c>camera/yyyy/MM/dd/HH</c>. Links are never followed, nothing is held open in between, and a folder that goes or cannot be
/// read is passed over. Bounded in depth and in names per folder, whatever lies there.
/// </summary>
internal static class RecordingFolders
{
    /// <summary>Most entries that are looked at in one folder.</summary>
    public const int MaxEntries = 10_000;
    private const int Levels = 4;

    public static IEnumerable<RecordingFolder> Of(Volume volume) =>
        Folders(new DirectoryInfo(volume.Root)).Where(c => c.Name is not (SealFiles.Folder or Quarantine.Folder or "lost+found") && c.Name[0] != '.').SelectMany(c => Hours(volume, c, Levels));

    private static IEnumerable<RecordingFolder> Hours(Volume volume, DirectoryInfo folder, int levels) =>
        levels == 0 ? [Look(volume, folder)] : Folders(folder).SelectMany(f => Hours(volume, f, levels - 1));

    private static RecordingFolder Look(Volume volume, DirectoryInfo folder)
    {
        var (segments, others) = (new List<SegmentName>(), 0);
        foreach (var entry in Entries(folder, f => f.EnumerateFileSystemInfos()))
        {
            if (entry is FileInfo { LinkTarget: null } && SegmentName.TryParse(volume.Relative(entry.FullName), out var name)) segments.Add(name);
            else others++;
        }

        return new RecordingFolder(segments, others);
    }

    private static IEnumerable<DirectoryInfo> Folders(DirectoryInfo folder) =>
        Entries(folder, f => f.EnumerateDirectories()).Where(d => d.LinkTarget is null).OrderBy(d => d.Name, StringComparer.Ordinal);

    private static List<T> Entries<T>(DirectoryInfo folder, Func<DirectoryInfo, IEnumerable<T>> list)
        where T : FileSystemInfo
    {
        try
        {
            return [.. list(folder).Take(MaxEntries)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
