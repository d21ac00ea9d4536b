using System.Text.Json;
using Heldar.Contracts;
using Heldar.Edge.Secrets;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>
/// One folder that footage is written to, best on its own disk. Its identity is in <c>volume.json</c> at its root, so that it is the same volume
/// after it moved to another path. Immutable.
/// </summary>
internal sealed class Volume
{
    private const string IdentityFile = "volume.json";

    private Volume(string root, Guid id) => (Root, Id) = (root, id);

    /// <summary>Absolute folder.</summary>
    public string Root { get; }

    public Guid Id { get; }

    /// <summary>Opens the folder; a missing one is made and gets an identity.</summary>
    /// <exception cref="InvalidDataException">volume.json is not readable: the folder is not touched.</exception>
    public static Volume Open(string root, Instant now)
    {
        root = Path.GetFullPath(root);
        Directory.CreateDirectory(root);
        var file = Path.Combine(root, IdentityFile);
        if (!File.Exists(file))
            KeyFile.Write(file, JsonSerializer.SerializeToUtf8Bytes(new Identity(1, Guid.CreateVersion7(now.ToDateTimeOffset()), now), HeldarJson.Options));
        return new Volume(root, Read(file).Id);
    }

    /// <summary>Absolute path of a file of this volume; null for a path that would leave it.</summary>
    public string? Resolve(string relative)
    {
        if (relative.Length == 0 || Path.IsPathRooted(relative)) return null;
        var full = Path.GetFullPath(Path.Combine(Root, relative));
        return full.StartsWith(Root + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? full : null;
    }

    /// <summary>Path below the root, with forward slashes.</summary>
    public string Relative(string full) => Path.GetRelativePath(Root, full).Replace('\\', '/');

    /// <summary>Free and total bytes of the file system, for unprivileged users.</summary>
    public (long Free, long Total) Space()
    {
        var drive = new DriveInfo(Root);
        return (drive.AvailableFreeSpace, drive.TotalSize);
    }

    private static Identity Read(string file)
    {
        try
        {
            var identity = JsonSerializer.Deserialize<Identity>(File.ReadAllBytes(file), HeldarJson.Options);
            return identity is { Version: 1 } && identity.Id != Guid.Empty ? identity : throw new InvalidDataException($"{file} is of another version");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} is damaged: {e.Message}", e);
        }
    }

    private sealed record Identity(int Version, Guid Id, Instant Created);
}
