using System.Globalization;
using Dapper;
using NodaTime;

namespace Heldar.Edge.Store;

internal sealed partial class BoxStore
{
    /// <summary>Free bytes that a start asks for: less holds a schema that is there already, and not what comes then.</summary>
    private const long LeastRoom = 1 << 20;

    /// <summary>
    /// Opens the database, brings its schema up to date and starts the writer. One that cannot be used, for its disk is full, read-only or failing, does not keep the box from
    /// recording: a substitute takes its place, which recovery fills from the seal logs like one that began anew.
    /// </summary>
    /// <param name="options">Where it is.</param>
    /// <param name="migrations">The schema's steps.</param>
    /// <param name="log">Told of steps and damage.</param>
    /// <param name="clock">Names a damaged database that is set aside, see <see cref="DamagedDatabase"/>; null refuses a damaged one, and one that cannot be used.</param>
    /// <exception cref="ArgumentException">The options are wrong; the message names every mistake.</exception>
    /// <exception cref="SqliteException">The file cannot be used; nothing was changed.</exception>
    /// <exception cref="IOException">Neither the file nor a substitute can be used.</exception>
    /// <exception cref="NewerSchemaException">The schema is that of a newer program.</exception>
    public static BoxStore Open(StoreOptions options, IEnumerable<StoreMigration> migrations, ILogger<BoxStore> log, IClock? clock = null)
    {
        var errors = options.Validate();
        if (errors.Count > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        DapperTypes.Register();
        List<StoreMigration> steps = [.. migrations];
        if (clock is null)
        {
            Directory.CreateDirectory(Path.GetDirectoryName(options.File)!);
            return OpenWhole(options, null, steps, log, check: false);
        }

        if (options.Unusable is { } failed) return OpenSubstitute(options, steps, log, failed);
        try
        {
            return OpenOwn(options, steps, log, clock);
        }
        catch (Exception e) when (e is SqliteException { IsUnusable: true } or IOException or UnauthorizedAccessException)
        {
            return OpenSubstitute(options, steps, log, e.Message);
        }
    }

    /// <summary>Whether the box's own database could be opened now, as far as a start goes. Blocks.</summary>
    public bool IsBack()
    {
        var probe = _options.File + ".probe";
        try
        {
            // A start that sets a damaged one aside needs the folder as well.
            File.WriteAllBytes(probe, new byte[64 << 10]);
            using var connection = new SqliteConnection(_options.File);
            connection.Open();
            Prove(connection);
            return true;
        }
        catch (SqliteException e) when (e.IsDamage)
        {
            return true;
        }
        catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
        {
            return false;
        }
        finally
        {
            Forget(probe);
        }
    }

    private static void Forget(string probe)
    {
        try
        {
            File.Delete(probe);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // The next look writes over it.
        }
    }

    private static BoxStore OpenOwn(StoreOptions options, List<StoreMigration> steps, ILogger<BoxStore> log, IClock clock)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(options.File)!);
        var cause = DamagedDatabase.Noted(options.File);
        if (cause is null)
        {
            try
            {
                return OpenWhole(options, null, steps, log, check: true);
            }
            catch (SqliteException e) when (e.IsDamage)
            {
                cause = e.Message;
            }
        }

        LogSetAside(log, options.File, cause, DamagedDatabase.SetAside(options.File, clock.GetCurrentInstant(), cause));
        var store = OpenWhole(options, null, steps, log, check: false);
        store.BeganAnew = true;
        return store;
    }

    private static BoxStore OpenSubstitute(StoreOptions options, List<StoreMigration> steps, ILogger<BoxStore> log, string cause)
    {
        foreach (var place in SubstituteFolder.Order(options.SubstitutePlaces))
        {
            SubstituteFolder? folder = null;
            try
            {
                folder = SubstituteFolder.Make(place, options.File);
                var store = OpenWhole(options, folder, steps, log, check: false);
                (store.BeganAnew, store.Unusable) = (true, cause);
                LogSubstituted(log, options.File, cause, folder.Path);
                return store;
            }
            catch (Exception e) when (e is SqliteException or IOException or UnauthorizedAccessException)
            {
                folder?.Dispose();
                LogNoSubstitute(log, place, e.Message);
            }
        }

        throw new IOException($"{options.File} cannot be used ({cause}), and neither can a substitute in {string.Join(" or ", options.SubstitutePlaces)}: make room, or give the box's user the right to write there");
    }

    private static BoxStore OpenWhole(StoreOptions options, SubstituteFolder? substitute, List<StoreMigration> steps, ILogger<BoxStore> log, bool check)
    {
        var file = substitute?.File ?? options.File;
        var writer = new SqliteConnection(file);
        try
        {
            writer.Open();
            var small = new FileInfo(file).Length <= options.CheckedAtStart;
            if (check && small && DamagedDatabase.Find(writer) is { } damage) throw new SqliteException(SQLitePCL.raw.SQLITE_CORRUPT, damage);
            // Only one that is whole is written to: a damaged one is kept as it was.
            if (check) Prove(writer);
            foreach (var name in StoreSchema.Apply(writer, steps)) LogMigrated(log, name);
            // A database of an older program learns to give pages back; a large one goes on filling its own.
            if (check && small && writer.ExecuteScalar<long>("PRAGMA auto_vacuum") == 0) writer.Execute("PRAGMA auto_vacuum = INCREMENTAL; VACUUM");
            return new BoxStore(options, substitute, writer, log);
        }
        catch
        {
            writer.Dispose();
            throw;
        }
    }

    /// <summary>Writes what changes nothing: a schema that is there already would be opened on a disk that takes nothing more, and the first camera would fail by it.</summary>
    private static void Prove(SqliteConnection writer)
    {
        var free = new DriveInfo(Path.GetDirectoryName(writer.DataSource)!).AvailableFreeSpace;
        if (free < LeastRoom) throw new SqliteException(SQLitePCL.raw.SQLITE_FULL, $"its disk is full: {free >> 10} KiB are free, and a start needs {LeastRoom >> 10}");
        writer.Execute($"PRAGMA user_version = {writer.ExecuteScalar<long>("PRAGMA user_version").ToString(CultureInfo.InvariantCulture)}");
    }
}
