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
        seals.Append(Record(path, cause));
    }

    /// <summary>Only moves the file. Links are not followed, neither those on its way nor one in the place of the quarantine.</summary>
    /// <exception cref="IOException">It cannot be moved.</exception>
    public static void SetAside(Volume volume, string path)
    {
        var from = volume.Resolve(path) ?? throw new ArgumentException($"{path} is not below the volume", nameof(path));
        if (new FileInfo(from).LinkTarget is not null) throw new IOException($"{from} is a link");
        if (volume.FirstLink(Path.GetDirectoryName(from)!) is { } link) throw new IOException($"{link} is a link: nothing behind it is moved");
        var folder = Directory.CreateDirectory(Path.Combine(volume.Root, Folder));
        if (folder.LinkTarget is not null) throw new IOException($"{folder.FullName} is a link: nothing is moved there");
        var target = Path.Combine(folder.FullName, Path.GetFileName(from));
        for (var number = 1; Path.Exists(target); number++) target = Path.Combine(folder.FullName, $"{number}-{Path.GetFileName(from)}");
        File.Move(from, target);
    }

    /// <summary>Bytes that lie there; 0 where there is none, or it cannot be read.</summary>
    public static long Bytes(Volume volume)
    {
        try
        {
            var folder = new DirectoryInfo(Path.Combine(volume.Root, Folder));
            return folder is { Exists: true, LinkTarget: null } ? folder.EnumerateFiles().Sum(f => f.Length) : 0;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return 0;
        }
    }

    /// <summary>What the seal log says of it.</summary>
    public static SealRecord Record(string path, string cause) => new() { Type = SealType.Quarantined, Path = path, Cause = cause };
}
