using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Media.SegmentNames;

namespace Heldar.Edge.Recovery;

/// <summary>A segment file that no record closes, with what the seal log knows of it.</summary>
/// <param name="Path">Below the volume.</param>
/// <param name="Opened">Its opening; null when the log does not know the file at all.</param>
/// <param name="Pieces">Digests of its pieces by offset.</param>
internal sealed record UnclosedSegment(string Path, OpenedSeal? Opened, IReadOnlyDictionary<long, FragmentSeal> Pieces);

/// <summary>
/// Finds the files that a crash left open: opened in the newest hours of the seal log without a closing record, or lying in those hours' folders without any.
/// Only the newest hours are looked at, so that a start costs the same however much is stored.
/// </summary>
internal static class UnclosedSegments
{
    /// <summary>Seal files that are read back: a segment lasts at most 5 minutes, so its opening is in one of these.</summary>
    private const int Hours = 3;

    public static IReadOnlyList<UnclosedSegment> Find(Volume volume, CancellationToken cancellation)
    {
        var hours = SealFiles.Hours(volume.Root);
        var from = hours.Count <= Hours ? null : hours[^Hours];
        Dictionary<Guid, (string Path, OpenedSeal Opened)> open = [];
        Dictionary<Guid, Dictionary<long, FragmentSeal>> pieces = [];
        HashSet<string> settled = new(StringComparer.Ordinal);
        foreach (var (_, record) in new SealReader(volume.Root).Read(from, cancellation))
        {
            if (record is { Type: SealType.Opened, Opened: { } opened, Path: { } path }) open[opened.Segment] = (path, opened);
            else if (record.Fragments is { } fragments) Add(pieces, fragments);
            else if (record.Type is SealType.Closed or SealType.Salvaged or SealType.Quarantined && record.Path is { } done)
            {
                settled.Add(done);
                if (record.Data is { } data && open.Remove(data.Segment)) pieces.Remove(data.Segment);
            }
        }

        var known = open.Where(o => !settled.Contains(o.Value.Path)).Select(o => new UnclosedSegment(o.Value.Path, o.Value.Opened, Of(pieces, o.Key))).ToList();
        var names = known.Select(k => k.Path).Concat(settled).ToHashSet(StringComparer.Ordinal);
        // What the newest folders hold beyond the log: a power cut may have taken the line and left the file.
        var first = hours.Count == 0 ? null : from ?? hours[0];
        known.AddRange(FilesSince(volume, first).Where(p => !names.Contains(p)).Select(p => new UnclosedSegment(p, null, new Dictionary<long, FragmentSeal>())));
        return known;
    }

    private static void Add(Dictionary<Guid, Dictionary<long, FragmentSeal>> pieces, FragmentsSeal fragments)
    {
        if (!pieces.TryGetValue(fragments.Segment, out var of)) pieces[fragments.Segment] = of = [];
        foreach (var item in fragments.Items) of[item.Offset] = item;
    }

    private static Dictionary<long, FragmentSeal> Of(Dictionary<Guid, Dictionary<long, FragmentSeal>> pieces, Guid segment) =>
        pieces.TryGetValue(segment, out var found) ? found : [];

    /// <summary>Segment files in the folders of an hour and later; links are not followed, other names are not touched here.</summary>
    private static IEnumerable<string> FilesSince(Volume volume, string? hour)
    {
        var since = hour is null ? NodaTime.Instant.MinValue : SealFiles.TimeOf(hour);
        foreach (var camera in new DirectoryInfo(volume.Root).EnumerateDirectories().Where(d => d.LinkTarget is null && d.Name is not (SealFiles.Folder or Quarantine.Folder)))
            foreach (var folder in Folders(camera, hour))
                foreach (var file in folder.EnumerateFiles("*" + SegmentName.Extension).Where(f => f.LinkTarget is null))
                    if (SegmentName.TryParse(volume.Relative(file.FullName), out var name) && name.Start >= since) yield return name.RelativePath;
    }

    private static IEnumerable<DirectoryInfo> Folders(DirectoryInfo camera, string? hour)
    {
        IEnumerable<(DirectoryInfo Folder, string Name)> level = [(camera, "")];
        for (var depth = 0; depth < 4; depth++)
        {
            level = level.SelectMany(l => l.Folder.EnumerateDirectories().Where(d => d.LinkTarget is null).Select(d => (d, l.Name.Length == 0 ? d.Name : $"{l.Name}/{d.Name}")))
                .Where(l => hour is null || string.CompareOrdinal(l.Item2, hour[..Math.Min(hour.Length, l.Item2.Length)]) >= 0);
        }

        return level.Select(l => l.Folder);
    }
}
