using Heldar.Edge.Seals;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Recovery;

/// <summary>A segment file that no record closes, with what the seal log knows of it.</summary>
/// <param name="Path">Below the volume.</param>
/// <param name="Opened">Its opening; null when the log does not know the file at all.</param>
/// <param name="Pieces">Digests of its pieces by offset.</param>
internal sealed record UnclosedSegment(string Path, OpenedSeal? Opened, IReadOnlyDictionary<long, FragmentSeal> Pieces);

/// <summary>What a volume has open.</summary>
/// <param name="Files">The files.</param>
/// <param name="Unseen">Folders that could not be read as a whole, and why: there may be more in them.</param>
internal sealed record UnclosedFiles(IReadOnlyList<UnclosedSegment> Files, IReadOnlyList<(string Folder, string Why)> Unseen);

/// <summary>
/// Finds the files that a crash or a failing disk left open: opened in the seal log without a closing record, or lying in the folders of its newest hours without any.
/// A start looks at those hours only, so that it costs the same however much is stored; what is older is found by <see cref="OrphanSweep"/> and fsck.
/// </summary>
internal static class UnclosedSegments
{
    /// <summary>Seal files that a start reads back: a segment lasts at most 5 minutes, so its opening is in one of these.</summary>
    private const int Hours = 3;

    /// <summary>Looks.</summary>
    /// <param name="volume">Nobody writes to it.</param>
    /// <param name="wholeLog">Read every hour of the log.</param>
    /// <param name="cancellation">Ends between records.</param>
    public static UnclosedFiles Find(Volume volume, bool wholeLog, CancellationToken cancellation)
    {
        var hours = SealFiles.Hours(volume.Root);
        var newest = hours.Count <= Hours ? null : hours[^Hours];
        var seals = new OpenedSegments();
        foreach (var (_, record) in new SealReader(volume.Root).Read(wholeLog ? null : newest, cancellation)) seals.Take(record);
        List<UnclosedSegment> found = [.. seals.Unclosed.Where(o => volume.Resolve(o.Path) is { } full && File.Exists(full))];
        List<(string, string)> unseen = [];
        // What the newest folders hold beyond the log: a power cut may have taken the line and left the file.
        var first = hours.Count == 0 ? null : newest ?? hours[0];
        var since = first is null ? NodaTime.Instant.MinValue : SealFiles.TimeOf(first);
        foreach (var folder in RecordingFolders.Of(volume, since: first))
        {
            cancellation.ThrowIfCancellationRequested();
            if (folder.Trouble is { } why) unseen.Add((folder.Path, why));
            found.AddRange(folder.Segments.Where(s => s.Start >= since && !seals.Knows(s.Id)).Select(s => new UnclosedSegment(s.RelativePath, null, new Dictionary<long, FragmentSeal>())));
        }

        return new(found, unseen);
    }
}
