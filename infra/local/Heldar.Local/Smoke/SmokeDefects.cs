using Heldar.Contracts.Api;
using Heldar.Local.Judge;

namespace Heldar.Local.Smoke;

/// <summary>Defects that prove that smoke can fail.</summary>
internal static class SmokeDefects
{
    /// <summary>Their names on the command line.</summary>
    public static IReadOnlyDictionary<string, SmokeFault> ByName { get; } = new Dictionary<string, SmokeFault>
    {
        ["azurite-down"] = SmokeFault.AzuriteDown,
        ["lose-segment"] = SmokeFault.LoseSegment,
        ["duplicate"] = SmokeFault.Duplicate,
    };

    /// <summary>Puts a copy of a segment under a fresh id on a disk: footage that the index never heard of. Returns the copy.</summary>
    public static string AddUnknownSegment(IReadOnlyDictionary<Guid, DiskSegment> disk, string folder)
    {
        DiskSegment one = disk.Values.OrderBy(file => file.LastWrite).First();
        string copy = Path.Combine(folder, $"{Guid.NewGuid():D}.mp4");
        File.Copy(one.File, copy);
        return copy;
    }

    /// <summary>The search's answer with its first item twice.</summary>
    public static IReadOnlyList<RecordingItem> Repeat(IReadOnlyList<RecordingItem> found) => found.Count == 0 ? found : [found[0], .. found];
}
