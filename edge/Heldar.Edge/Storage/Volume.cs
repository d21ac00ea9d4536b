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
    public const string IdentityFile = "volume.json";
    private const int MaxIdentity = 64 * 1024;
    private const string ProbeFile = ".probe";

    private Volume(string root, Guid id) => (Root, Id) = (root, id);

    /// <summary>Absolute folder.</summary>
    public string Root { get; }

    public Guid Id { get; }

    /// <summary>Whether the disk is still there: an empty mount point has no identity.</summary>
    public bool IsThere => File.Exists(Path.Combine(Root, IdentityFile));

    /// <summary>Opens the folder; a missing one is made and gets an identity.</summary>
    /// <param name="root">Its folder.</param>
    /// <param name="now">Dates a new identity.</param>
    /// <param name="box">The box that a new volume belongs to; null for none in particular.</param>
    /// <exception cref="InvalidDataException">volume.json is not readable: the folder is not touched.</exception>
    public static Volume Open(string root, Instant now, Guid? box = null)
    {
        root = Path.GetFullPath(root);
        Directory.CreateDirectory(root);
        var identity = ReadIdentity(root);
        if (identity is null) Write(root, identity = new VolumeIdentity(1, Guid.CreateVersion7(now.ToDateTimeOffset()), now, box));
        return new Volume(root, identity.Id);
    }

    /// <summary>What <c>volume.json</c> says; null when there is none.</summary>
    /// <exception cref="InvalidDataException">It is not readable.</exception>
    public static VolumeIdentity? ReadIdentity(string root)
    {
        var file = Path.Combine(root, IdentityFile);
        if (!File.Exists(file)) return null;
        try
        {
            var identity = new FileInfo(file).Length > MaxIdentity ? null : JsonSerializer.Deserialize<VolumeIdentity>(File.ReadAllBytes(file), HeldarJson.Options);
            return identity is { Version: 1 } && identity.Id != Guid.Empty ? identity : throw new InvalidDataException($"{file} is of another version");
        }
        catch (JsonException e)
        {
            throw new InvalidDataException($"{file} is damaged: {e.Message}", e);
        }
    }

    /// <summary>Gives the folder an identity, whole or not at all.</summary>
    public static void Write(string root, VolumeIdentity identity) => KeyFile.Write(Path.Combine(root, IdentityFile), JsonSerializer.SerializeToUtf8Bytes(identity, HeldarJson.Options));

    /// <summary>Absolute path of a file of this volume; null for a path that would leave it.</summary>
    public string? Resolve(string relative)
    {
        if (relative.Length == 0 || Path.IsPathRooted(relative)) return null;
        var full = Path.GetFullPath(Path.Combine(Root, relative));
        return full.StartsWith(Root + Path.DirectorySeparatorChar, StringComparison.Ordinal) ? full : null;
    }

    /// <summary>
    /// The first part of a path of this volume, below its root, that is a symbolic link; null without one. What lies behind a link is not this volume's: it is neither
    /// served nor written. Parts that do not exist yet are none. The root itself may be reached by links.
    /// </summary>
    /// <param name="full">Absolute path below the root.</param>
    public string? FirstLink(string full)
    {
        for (var end = Root.Length; end >= 0 && end < full.Length;)
        {
            end = full.IndexOf(Path.DirectorySeparatorChar, end + 1);
            var part = end < 0 ? full : full[..end];
            if (new FileInfo(part).LinkTarget is not null) return part;
        }

        return null;
    }

    /// <summary>Path below the root, with forward slashes.</summary>
    public string Relative(string full) => Path.GetRelativePath(Root, full).Replace('\\', '/');

    /// <summary>Free and total bytes of the file system, for unprivileged users.</summary>
    public (long Free, long Total) Space()
    {
        var drive = new DriveInfo(Root);
        return (drive.AvailableFreeSpace, drive.TotalSize);
    }

    /// <summary>Writes a small file, waits until it is on disk, reads it back and removes it.</summary>
    /// <exception cref="IOException">The volume does not work.</exception>
    public void Probe()
    {
        if (!IsThere) throw new VolumeAwayException(Root);
        var path = Path.Combine(Root, ProbeFile);
        var written = Guid.CreateVersion7().ToByteArray();
        using (var file = File.OpenHandle(path, FileMode.Create, FileAccess.ReadWrite))
        {
            RandomAccess.Write(file, written, 0);
            RandomAccess.FlushToDisk(file);
            Span<byte> read = stackalloc byte[written.Length];
            if (RandomAccess.Read(file, read, 0) != read.Length || !read.SequenceEqual(written)) throw new IOException($"{Root} does not give back what was written");
        }

        File.Delete(path);
    }
}

/// <summary>What <c>volume.json</c> holds.</summary>
/// <param name="Box">The box that records to it; absent on disks of the first version.</param>
/// <param name="Role">The role that a person gave it by hand; otherwise the box remembers it.</param>
internal sealed record VolumeIdentity(int Version, Guid Id, Instant Created, Guid? Box = null, string? Role = null);
