using Heldar.Contracts.Api;

namespace Heldar.Local.Smoke;

/// <summary>Defects that prove that smoke can fail.</summary>
internal static class SmokeDefects
{
    /// <summary>Puts a copy of a segment under a fresh id on a disk: footage that the index never heard of.</summary>
    public static void AddUnknownSegment(IReadOnlyDictionary<Guid, DiskSegment> disk, string folder)
    {
        DiskSegment one = disk.Values.OrderBy(file => file.LastWrite).First();
        File.Copy(one.File, Path.Combine(folder, $"{Guid.NewGuid():D}.mp4"));
    }

    /// <summary>The search's answer with its first item twice.</summary>
    public static IReadOnlyList<RecordingItem> Repeat(IReadOnlyList<RecordingItem> found) => found.Count == 0 ? found : [found[0], .. found];
}
