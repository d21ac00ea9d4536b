using System.Security.Cryptography;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Mirror;

/// <summary>Reads whole files at a pace and tells their SHA-256; copies them so that a half one is never seen.</summary>
internal static class VerifiedFile
{
    private const int BufferBytes = 1 << 20;
    private const string Half = ".part";

    /// <summary>SHA-256 of a file, lower-case hex; null when there is none. A link is no file.</summary>
    /// <exception cref="IOException">The disk does not give it.</exception>
    public static async Task<string?> HashAsync(string path, Pace pace, CancellationToken cancellation)
    {
        if (!IsFile(path)) return null;
        await using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan);
        return await ReadAsync(file, null, pace, cancellation);
    }

    /// <summary>The same; a file that the disk does not give is as good as none.</summary>
    public static async Task<string?> TryHashAsync(string path, Pace pace, CancellationToken cancellation)
    {
        try
        {
            return await HashAsync(path, pace, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    /// <summary>
    /// Copies a file beside its place, and gives it its name only when it has the digest: written, synced, renamed, synced. Nothing is replaced: what is in the way is moved
    /// by <paramref name="makeRoom"/>, once the copy is whole. False when the source is missing or has another digest.
    /// </summary>
    /// <exception cref="IOException">A disk fails, or something is in the way.</exception>
    public static async Task<bool> CopyAsync(string from, string to, string sha256, Volume target, Pace pace, Func<Task>? makeRoom, CancellationToken cancellation)
    {
        if (!IsFile(from)) return false;
        if (target.FirstLink(to) is { } link) throw new LinkedPathException(link);
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        var half = to + Half;
        try
        {
            await using (var source = new FileStream(from, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, 1, FileOptions.SequentialScan))
            await using (var copy = new FileStream(half, FileMode.Create, FileAccess.Write, FileShare.None, 1))
            {
                if (await ReadAsync(source, copy, pace, cancellation) != sha256) return false;
                copy.Flush(flushToDisk: true);
            }

            if (makeRoom is not null) await makeRoom();
            File.Move(half, to);
            using var sync = new FileSystemSync(target.Root);
            sync.Run();
            return true;
        }
        finally
        {
            File.Delete(half);
        }
    }

    public static bool IsFile(string path) => new FileInfo(path) is { Exists: true, LinkTarget: null };

    private static async Task<string> ReadAsync(FileStream source, FileStream? copy, Pace pace, CancellationToken cancellation)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = new byte[BufferBytes];
        int read;
        while ((read = await source.ReadAsync(buffer, cancellation)) > 0)
        {
            hash.AppendData(buffer, 0, read);
            if (copy is not null) await copy.WriteAsync(buffer.AsMemory(0, read), cancellation);
            await pace.TakeAsync(read, cancellation);
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
