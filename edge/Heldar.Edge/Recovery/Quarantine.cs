using Heldar.Edge.Seals;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Recovery;

/// <summary>Where files go that cannot be footage any more: never deleted, out of everybody's way, and named in the seal log.</summary>
internal static class Quarantine
{
    public const string Folder = "quarantine";

    /// <summary>Moves a file there under its own name (with a number when that is taken) and seals it.</summary>
    public static void Move(Volume volume, SealLog seals, string path, string cause)
    {
        SetAside(volume, path);
        seals.Append(new SealRecord { Type = SealType.Quarantined, Path = path, Cause = cause });
    }

    /// <summary>Moves a file there; whoever does seals it.</summary>
    public static void SetAside(Volume volume, string path)
    {
        var from = volume.Resolve(path) ?? throw new ArgumentException($"{path} is not below the volume", nameof(path));
        var folder = Directory.CreateDirectory(Path.Combine(volume.Root, Folder)).FullName;
        var target = Path.Combine(folder, Path.GetFileName(from));
        for (var number = 1; File.Exists(target); number++) target = Path.Combine(folder, $"{number}-{Path.GetFileName(from)}");
        File.Move(from, target);
    }
}
