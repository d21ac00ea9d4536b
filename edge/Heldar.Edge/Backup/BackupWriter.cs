using System.Formats.Tar;
using System.Security.Cryptography;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Edge.Desired;
using Heldar.Edge.Enrolment;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Backup;

/// <summary>
/// Writes settings, keys and database of a box, running or not, into one file: a tar, encrypted as an age file when there is a passphrase. Footage is not in it: it explains itself.
/// </summary>
internal sealed class BackupWriter(BoxSettings settings, IClock clock)
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    // The lock, and the database with its log: a copy of it is taken instead.
    private static readonly string[] Left = ["box.lock", "box.pid", "box.db", "box.db-wal", "box.db-shm", DesiredFile.Name];
    private readonly List<BackupFile> _files = [];

    /// <summary>What was left out, for people.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Writes the archive whole or not at all; never over an existing file.</summary>
    /// <exception cref="BackupException">The file exists, or there is nothing to keep.</exception>
    public IReadOnlyList<BackupFile> Write(string file, Secret? passphrase)
    {
        var target = Path.GetFullPath(file);
        if (Path.Exists(target)) throw new BackupException($"{target} exists already; a backup never overwrites");
        if (!Directory.Exists(settings.DataFolder)) throw new BackupException($"{settings.DataFolder} is not there: this box has never run");
        var scratch = PrivateFile.Folder(Path.Combine(Path.GetDirectoryName(target)!, $".heldar-backup-{Guid.NewGuid():N}"));
        try
        {
            var written = Path.Combine(scratch, "archive");
            using (var output = PrivateFile.Create(written))
            {
                if (passphrase is null)
                {
                    Pack(output, scratch);
                }
                else
                {
                    using var encrypted = AgeStream.Writer(output, AgeHeader.Write(output, passphrase));
                    Pack(encrypted, scratch);
                    encrypted.Finish();
                }

                output.Flush(flushToDisk: true);
            }

            File.Move(written, target, overwrite: false);
            return _files;
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }
    }

    private void Pack(Stream output, string scratch)
    {
        using var tar = new TarWriter(output, TarEntryFormat.Pax, leaveOpen: true);
        var configFolder = Path.GetDirectoryName(settings.File)!;
        var data = Below(settings.DataFolder, configFolder) ?? settings.DataFolder;
        Add(tar, BackupHead.Entry, JsonSerializer.SerializeToUtf8Bytes(new BackupHead(BackupHead.Current, settings.Name, BoxVersion.Text, clock.GetCurrentInstant(), data), HeldarJson.Options));
        Keep(tar, "config/heldar.yaml", settings.File);
        foreach (var secret in settings.SecretFiles.Distinct(StringComparer.Ordinal))
        {
            if (Below(secret, configFolder) is { } place) Keep(tar, "config/" + place, secret);
            else Notes.Add($"{secret} is named by the settings and lies outside of their folder: keep it yourself");
        }

        var copy = StoreOptions.FileIn(scratch);
        if (CopyDatabase(copy)) Keep(tar, "data/box.db", copy);
        foreach (var file in DataFiles()) Keep(tar, "data/" + Path.GetRelativePath(settings.DataFolder, file), file);
        Add(tar, BackupManifest.Entry, new BackupManifest(_files).ToBytes());
    }

    /// <summary>A whole copy while the box goes on writing.</summary>
    private bool CopyDatabase(string copy)
    {
        var database = StoreOptions.FileIn(settings.DataFolder);
        if (!File.Exists(database)) return false;
        using var connection = new SqliteConnection(database);
        connection.Open();
        connection.Execute($"VACUUM INTO '{copy.Replace("'", "''", StringComparison.Ordinal)}'");
        return true;
    }

    private IEnumerable<string> DataFiles()
    {
        var volumes = settings.Recording.Volumes.Select(v => v + "/").ToList();
        foreach (var file in Directory.EnumerateFiles(settings.DataFolder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint }).Order(StringComparer.Ordinal))
        {
            var below = Path.GetRelativePath(settings.DataFolder, file);
            if (Left.Contains(below, StringComparer.Ordinal) || below.EndsWith(".new", StringComparison.Ordinal) || below.EndsWith(".lock", StringComparison.Ordinal)) continue;
            // Copies that an upgrade left, and footage.
            if (below.StartsWith("before-upgrade/", StringComparison.Ordinal) || below.StartsWith("box.db.", StringComparison.Ordinal)) continue;
            if (volumes.Any(v => file.StartsWith(v, StringComparison.Ordinal))) continue;
            yield return file;
        }
    }

    private void Keep(TarWriter tar, string path, string file)
    {
        using var content = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        using var snapshot = new MemoryStream();
        // Small files are replaced as a whole while the box runs: what is hashed is what is written. The database's copy is nobody's but ours.
        Stream source = content;
        if (content.Length <= 1 << 20)
        {
            content.CopyTo(snapshot);
            snapshot.Position = 0;
            source = snapshot;
        }

        var hash = Convert.ToHexStringLower(SHA256.HashData(source));
        source.Position = 0;
        _files.Add(new BackupFile(path, source.Length, hash));
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = source, Mode = Private });
    }

    private static void Add(TarWriter tar, string path, byte[] content) =>
        tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, path) { DataStream = new MemoryStream(content), Mode = Private });

    private static string? Below(string path, string folder) => path.StartsWith(folder + "/", StringComparison.Ordinal) ? path[(folder.Length + 1)..] : null;
}
