using Heldar.Edge.Retention;
using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;

namespace Heldar.Edge.Doctor;

/// <summary>Looks at settings file, keys and database without changing them.</summary>
/// <param name="columns">What the rooms keep sealed in the database.</param>
internal sealed class DataExam(IReadOnlyList<SealedColumn> columns)
{
    private const UnixFileMode Others = UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;
    private const UnixFileMode NotOwner = Others | UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute;

    /// <summary>Whether a box holds the data folder now.</summary>
    public static bool IsRunning(string folder)
    {
        var file = Path.Combine(folder, "box.lock");
        if (!File.Exists(file)) return false;
        try
        {
            using var held = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.None);
            return false;
        }
        catch (IOException)
        {
            return true;
        }
        catch (UnauthorizedAccessException)
        {
            return false;
        }
    }

    public IEnumerable<Finding> Look(BoxSettings settings)
    {
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(settings.File) is var mode && (mode & Others) != UnixFileMode.None && HasSecret(settings))
            yield return Finding.Warning("config", $"{settings.File} holds passwords and everybody on this machine may read it", "its mode is " + Octal(mode), $"chgrp heldar {settings.File} && chmod 0640 {settings.File}");
        if (settings.Retention.ArchiveFirst && !HasArchive(StoreOptions.FileIn(settings.DataFolder)))
            yield return Finding.Warning(
                "retention", "retention.archiveFirst is on, and no archive has confirmed anything yet", "age and quota delete nothing; the cap and the floor delete footage as never_archived",
                "set archiveFirst: false until footage of this box is archived");
        if (!Directory.Exists(settings.DataFolder)) yield break;
        foreach (var finding in Key(settings.DataFolder)) yield return finding;
        yield return Database(StoreOptions.FileIn(settings.DataFolder));
    }

    private static bool HasSecret(BoxSettings settings) => settings.Fleet?.EnrolmentToken is not null || settings.Cameras.Any(c => c.Password is not null);

    private static bool HasArchive(string file)
    {
        try
        {
            if (StoreSchema.Compare(file, StoreSchema.Embedded()) != SchemaState.Same) return false;
            using var db = new SqliteConnection(file);
            db.Open();
            return RetentionRows.AnyArchived(db);
        }
        catch (SqliteException)
        {
            // The examination of the database says so.
            return false;
        }
    }

    private static Finding Database(string file)
    {
        try
        {
            return StoreSchema.Compare(file, StoreSchema.Embedded()) switch
            {
                SchemaState.Newer => Finding.Failure("database", $"{file} was written by a newer version", "this version does not know its schema", "run the newer version, or: heldar-edge-upgrade rollback"),
                SchemaState.Older => Finding.Ok("database", $"{file} is of an older version; the next start brings it up to date"),
                SchemaState.None => Finding.Ok("database", "there is no database yet; the first start makes it, or rebuilds it from recordings"),
                _ => Finding.Ok("database", $"{file} fits this version"),
            };
        }
        catch (SqliteException e)
        {
            return Finding.Failure("database", $"{file} cannot be read: {e.Message}", "it is damaged, or belongs to another user", $"chown heldar:heldar {file}; when it is damaged, move it away: the next start rebuilds it from the recordings");
        }
    }

    private IEnumerable<Finding> Key(string folder)
    {
        var file = Path.Combine(folder, "secrets.key");
        const string Fix = "put back secrets.key from a backup of this data folder";
        HashSet<string>? used = null;
        try
        {
            used = [.. new SecretsFolder(folder, columns).Usage().Keys];
        }
        catch (SqliteException)
        {
            // The examination of the database says so.
        }

        if (!File.Exists(file))
        {
            yield return used is { Count: > 0 }
                ? Finding.Failure("secrets", $"{file} is missing", $"the database holds camera passwords that were sealed with key {string.Join(", ", used)}", Fix)
                : Finding.Ok("secrets", "there is no key yet; the first start makes it");
            yield break;
        }

        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(file) is var mode && (mode & NotOwner) != UnixFileMode.None)
            yield return Finding.Warning("secrets", $"others than the owner may use {file} (mode {Octal(mode)})", "whoever reads it can open the camera passwords in the database", $"chmod 0600 {file}");
        yield return Open(file, used ?? []);
    }

    private static Finding Open(string file, HashSet<string> used)
    {
        const string Fix = "put back secrets.key from a backup of this data folder";
        try
        {
            if (new FileInfo(file).Length > KeyRing.MaxFileBytes) return Finding.Failure("secrets", $"{file} is too large for a key ring", "it is another file, or damaged", Fix);
            var ring = KeyRing.Parse(File.ReadAllBytes(file));
            var unknown = used.Where(id => ring.Find(id) is null).ToList();
            return unknown.Count == 0
                ? Finding.Ok("secrets", $"{file} opens what is sealed")
                : Finding.Failure("secrets", $"{file} does not hold key {string.Join(", ", unknown)}", "it is the key of another data folder or of another time", Fix);
        }
        catch (FormatException e)
        {
            return Finding.Failure("secrets", $"{file} cannot be used: {e.Message}", "the file is damaged", Fix);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return Finding.Failure("secrets", $"{file} cannot be read: {e.Message}", "it belongs to another user", $"chown heldar:heldar {file}");
        }
    }

    private static string Octal(UnixFileMode mode) => "0" + Convert.ToString((int)mode, 8).PadLeft(3, '0');
}
