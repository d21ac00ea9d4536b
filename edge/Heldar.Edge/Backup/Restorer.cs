using System.Globalization;
using System.Text;
using Heldar.Edge.Secrets;
using Heldar.Edge.Store;
using Heldar.Edge.Uplink;

namespace Heldar.Edge.Backup;

/// <summary>
/// Brings a backup back to a place where no box is yet. Everything is unpacked and checked beside its place and then renamed into it, the settings file last: an interrupted restore leaves no
/// half box that could start.
/// </summary>
internal static class Restorer
{
    /// <summary>
    /// Starts that are skipped: the lost box may have started often since the backup, and the cloud takes no state from a start that it has seen already.
    /// </summary>
    private const long SkippedStarts = 1_000_000;

    /// <param name="archive">The backup.</param>
    /// <param name="config">Where <c>heldar.yaml</c> goes; must not exist.</param>
    /// <param name="passphrase">Null for an archive that is not encrypted.</param>
    /// <returns>The data folder.</returns>
    /// <exception cref="BackupException">The archive is damaged, or something is in the way. Nothing was changed.</exception>
    public static string Restore(string archive, string config, Secret? passphrase)
    {
        var settings = Path.GetFullPath(config);
        if (Path.Exists(settings)) throw new BackupException($"{settings} exists already: a box is restored to a place where none is. Move it away first");
        var configFolder = Path.GetDirectoryName(settings)!;
        Directory.CreateDirectory(configFolder);
        var tag = $".restoring-{Guid.NewGuid():N}";
        var configScratch = Path.Combine(configFolder, tag);
        string? data = null, dataScratch = null;
        try
        {
            var files = BackupReader.Read(archive, passphrase, head =>
            {
                data = Path.GetFullPath(head.DataFolder, configFolder).TrimEnd('/');
                if (data is "" or "/") throw new BackupException("the backup names no data folder");
                if (File.Exists(data) || (Directory.Exists(data) && Directory.EnumerateFileSystemEntries(data).Any())) throw new BackupException($"{data} is not empty: a box is restored to a place where none is. Move it away first");
                dataScratch = data + tag;
                PrivateFile.Folder(dataScratch);
                return (configScratch, dataScratch);
            });
            if (!files.Any(f => f.Path == "config/heldar.yaml")) throw new BackupException("the backup holds no heldar.yaml");
            foreach (var taken in files.Where(f => f.Path.StartsWith("config/", StringComparison.Ordinal) && f.Below != "heldar.yaml").Select(f => Path.Combine(configFolder, f.Below)).Where(Path.Exists))
                throw new BackupException($"{taken} exists already: move it away first");
            Settle(dataScratch!);

            if (Directory.Exists(data)) Directory.Delete(data);
            Directory.Move(dataScratch!, data!);
            foreach (var file in files.Where(f => f.Path.StartsWith("config/", StringComparison.Ordinal)).OrderBy(f => f.Below == "heldar.yaml"))
            {
                var target = file.Below == "heldar.yaml" ? settings : Path.Combine(configFolder, file.Below);
                Directory.CreateDirectory(Path.GetDirectoryName(target)!);
                File.Move(Path.Combine(configScratch, file.Below), target);
            }

            return data!;
        }
        finally
        {
            if (Directory.Exists(configScratch)) Directory.Delete(configScratch, recursive: true);
            if (dataScratch is not null && Directory.Exists(dataScratch)) Directory.Delete(dataScratch, recursive: true);
        }
    }

    /// <summary>Makes the unpacked data folder one that may speak to the cloud again.</summary>
    private static void Settle(string folder)
    {
        var starts = Path.Combine(folder, "boot-seq");
        if (File.Exists(starts) && long.TryParse(File.ReadAllText(starts), NumberStyles.None, CultureInfo.InvariantCulture, out var before))
            KeyFile.Write(starts, Encoding.ASCII.GetBytes((before + SkippedStarts).ToString(CultureInfo.InvariantCulture)));
        var file = StoreOptions.FileIn(folder);
        if (!File.Exists(file)) return;
        try
        {
            if (StoreSchema.Compare(file, StoreSchema.Embedded()) == SchemaState.Newer) throw new BackupException("the backup is of a newer version of this program: install that version first");
            using var database = new SqliteConnection(file);
            database.Open();
            if (Text(database, "PRAGMA integrity_check") is var verdict && verdict != "ok") throw new BackupException($"the database in the backup is damaged: {verdict}");
            // Batches of the lost box may have reached the cloud after the backup: their numbers must not come again with other content.
            if (Text(database, "SELECT count(*) FROM sqlite_master WHERE name = 'outbox_meta'") != "0")
            {
                using var transaction = database.BeginTransaction();
                OutboxRows.RenewEpoch(database);
                transaction.Commit();
            }
        }
        catch (SqliteException e)
        {
            throw new BackupException($"the database in the backup cannot be read: {e.Message}", e);
        }
    }

    private static string Text(SqliteConnection database, string sql)
    {
        using var command = database.CreateCommand();
        command.CommandText = sql;
        return Convert.ToString(command.ExecuteScalar(), CultureInfo.InvariantCulture) ?? "";
    }
}
