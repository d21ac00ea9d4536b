using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Media.Mp4;
using Heldar.Media.SegmentNames;

namespace Heldar.Edge.Recovery;

/// <summary>Reads from the newest file of each camera's folder whose it is: a file explains itself, so this costs the same however much is stored.</summary>
internal static class CameraFolders
{
    private const int Tries = 5;

    /// <summary>Slugs and uids of a volume. Links are not followed; a folder without a whole head is left out.</summary>
    public static IEnumerable<(string Slug, Guid Camera)> Read(Volume volume, CancellationToken cancellation)
    {
        foreach (var folder in new DirectoryInfo(volume.Root).EnumerateDirectories().Where(d => d.LinkTarget is null && d.Name is not (SealFiles.Folder or Quarantine.Folder)))
        {
            foreach (var file in Newest(folder).Take(Tries))
            {
                cancellation.ThrowIfCancellationRequested();
                using var handle = File.OpenHandle(file.FullName, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
                if (SegmentScanner.Scan(handle, cancellation).Label is not { } label) continue;
                yield return (folder.Name, label.Camera);
                break;
            }
        }
    }

    private static IEnumerable<FileInfo> Newest(DirectoryInfo folder) => folder.EnumerateFiles("*" + SegmentName.Extension).Where(f => f.LinkTarget is null)
        .OrderByDescending(f => f.Name, StringComparer.Ordinal)
        .Concat(folder.EnumerateDirectories().Where(d => d.LinkTarget is null).OrderByDescending(d => d.Name, StringComparer.Ordinal).SelectMany(Newest));
}
