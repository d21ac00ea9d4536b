using Heldar.Edge.Storage;
using Heldar.Media.Mp4;

namespace Heldar.Edge.Recovery;

/// <summary>Reads from the newest file of each camera's folder whose it is: a file explains itself, so this costs the same however much is stored.</summary>
internal static class CameraFolders
{
    private const int Tries = 5;

    /// <summary>Slugs and uids of a volume. A folder without a whole head is left out.</summary>
    /// <param name="volume">The volume.</param>
    /// <param name="trouble">Told of what cannot be read.</param>
    /// <param name="cancellation">Ends between files.</param>
    public static IEnumerable<(string Slug, Guid Camera)> Read(Volume volume, Action<string> trouble, CancellationToken cancellation)
    {
        foreach (var slug in RecordingFolders.Cameras(volume, trouble))
        {
            foreach (var path in Newest(volume, slug, trouble).Take(Tries))
            {
                cancellation.ThrowIfCancellationRequested();
                if (Owner(volume, path, trouble, cancellation) is not { } camera) continue;
                yield return (slug, camera);
                break;
            }
        }
    }

    private static IEnumerable<string> Newest(Volume volume, string slug, Action<string> trouble)
    {
        foreach (var folder in RecordingFolders.Of(volume, slug, newestFirst: true))
        {
            if (folder.Trouble is { } why) trouble($"{folder.Path}: {why}");
            foreach (var segment in folder.Segments.OrderByDescending(s => s.Start)) yield return segment.RelativePath;
        }
    }

    private static Guid? Owner(Volume volume, string path, Action<string> trouble, CancellationToken cancellation)
    {
        try
        {
            using var handle = File.OpenHandle(volume.Resolve(path)!, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            return SegmentScanner.Scan(handle, cancellation).Label?.Camera;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            trouble($"{path}: {e.Message}");
            return null;
        }
    }
}
