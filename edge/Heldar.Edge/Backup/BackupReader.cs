using System.Buffers;
using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Backup;

/// <summary>
/// Reads an archive, encrypted or not, entry by entry, trusting nothing: names that leave their folder, links, doubles, sizes beyond bounds, an archive that is cut off and one whose files are
/// not those of its manifest are refused. One thread.
/// </summary>
internal static class BackupReader
{
    private const int MaxFiles = 100_000;
    private const int MaxManifest = 64 << 20;
    private const long MaxBytes = 1L << 40;

    /// <summary>Unpacks into folders that the caller throws away when this throws.</summary>
    /// <param name="file">The archive.</param>
    /// <param name="passphrase">Null for an archive that is not encrypted.</param>
    /// <param name="place">Called with the head; answers the folders that <c>config/</c> and <c>data/</c> are unpacked to.</param>
    /// <returns>The files, verified.</returns>
    /// <exception cref="BackupException">See above.</exception>
    public static IReadOnlyList<BackupFile> Read(string file, Secret? passphrase, Func<BackupHead, (string Config, string Data)> place)
    {
        using var input = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16);
        var encrypted = IsEncrypted(input);
        if (encrypted && passphrase is null) throw new BackupException($"{file} is encrypted: give --passphrase-file");
        if (!encrypted && passphrase is not null) throw new BackupException($"{file} is not encrypted, although a passphrase was given: it is not the archive that you mean");
        try
        {
            if (!encrypted) return Unpack(input, place);
            using var plain = AgeStream.Reader(input, AgeHeader.Read(input, passphrase!));
            var files = Unpack(plain, place);
            // Also what follows the tar must be whole: the last chunk says that nothing is missing.
            var rest = new byte[4096];
            while (plain.Read(rest, 0, rest.Length) > 0)
            {
            }

            return files;
        }
        catch (Exception e) when (e is InvalidDataException or EndOfStreamException or JsonException or FormatException or ArgumentException)
        {
            throw new BackupException($"{file} is no whole backup of a box: {e.Message}", e);
        }
    }

    private static bool IsEncrypted(FileStream input)
    {
        var start = new byte[AgeHeader.Magic.Length];
        var read = input.ReadAtLeast(start, start.Length, throwOnEndOfStream: false);
        input.Position = 0;
        return Encoding.ASCII.GetString(start, 0, read) == AgeHeader.Magic;
    }

    private static List<BackupFile> Unpack(Stream stream, Func<BackupHead, (string Config, string Data)> place)
    {
        using var tar = new TarReader(stream, leaveOpen: true);
        if (Next(tar) is not { Name: BackupHead.Entry } first) throw new BackupException("the file is no backup of a box");
        var head = JsonSerializer.Deserialize<BackupHead>(Content(first, 64 * 1024), HeldarJson.Options) ?? throw new BackupException("the head of the backup is empty");
        if (head.Format != BackupHead.Current) throw new BackupException($"the backup has format {head.Format}, this program reads {BackupHead.Current}: use the program of version {head.Version}");
        var folders = place(head);
        var found = new Dictionary<string, BackupFile>(StringComparer.Ordinal);
        var bytes = 0L;
        while (Next(tar) is { } entry)
        {
            if (entry.Name == BackupManifest.Entry)
            {
                var manifest = JsonSerializer.Deserialize<BackupManifest>(Content(entry, MaxManifest), HeldarJson.Options) ?? throw new BackupException("the manifest is empty");
                if (tar.GetNextEntry() is not null) throw new BackupException("something follows the manifest");
                return Verified(manifest, found);
            }

            bytes += entry.Length;
            if (found.Count >= MaxFiles || bytes > MaxBytes) throw new BackupException("the backup is larger than any box makes it");
            var target = Target(entry.Name, folders);
            PrivateFile.Folder(Path.GetDirectoryName(target)!);
            var kept = Copy(entry, target);
            if (!found.TryAdd(kept.Path, kept)) throw new BackupException($"{entry.Name} is in the backup twice");
        }

        throw new BackupException("the backup ends early: its manifest is missing");
    }

    private static TarEntry? Next(TarReader tar)
    {
        var entry = tar.GetNextEntry();
        return entry is null or { EntryType: TarEntryType.RegularFile or TarEntryType.V7RegularFile } ? entry : throw new BackupException($"the backup holds something that is no file: {entry.Name} ({entry.EntryType})");
    }

    private static string Target(string name, (string Config, string Data) folders)
    {
        var parts = name.Split('/');
        if (parts.Length < 2 || parts.Any(p => p is "" or "." or "..") || name.Length > 1000 || name.Any(c => char.IsControl(c) || c == '\\')) throw new BackupException("the backup names a file outside of its folders");
        var folder = parts[0] switch
        {
            "config" => folders.Config,
            "data" => folders.Data,
            _ => throw new BackupException($"the backup holds something that this program does not know: {parts[0]}"),
        };
        return Path.Combine([folder, .. parts[1..]]);
    }

    private static BackupFile Copy(TarEntry entry, string target)
    {
        using var file = PrivateFile.Create(target);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var buffer = ArrayPool<byte>.Shared.Rent(1 << 16);
        var length = 0L;
        while (entry.DataStream?.Read(buffer, 0, buffer.Length) is > 0 and var read)
        {
            hash.AppendData(buffer, 0, read);
            file.Write(buffer, 0, read);
            length += read;
        }

        ArrayPool<byte>.Shared.Return(buffer);
        file.Flush(flushToDisk: true);
        return new BackupFile(entry.Name, length, Convert.ToHexStringLower(hash.GetHashAndReset()));
    }

    private static byte[] Content(TarEntry entry, int most)
    {
        if (entry.Length > most) throw new BackupException($"{entry.Name} is larger than {most} bytes");
        using var content = new MemoryStream();
        entry.DataStream?.CopyTo(content);
        return content.ToArray();
    }

    private static List<BackupFile> Verified(BackupManifest manifest, Dictionary<string, BackupFile> found)
    {
        foreach (var file in manifest.Files)
        {
            if (!found.TryGetValue(file.Path, out var kept)) throw new BackupException($"{file.Path} is missing in the backup");
            if (kept != file) throw new BackupException($"{file.Path} is damaged in the backup");
        }

        return manifest.Files.Count == found.Count ? [.. manifest.Files] : throw new BackupException("the backup holds more than its manifest says");
    }
}
