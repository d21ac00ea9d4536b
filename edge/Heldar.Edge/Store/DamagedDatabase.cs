using System.Globalization;
using Dapper;
using NodaTime;
using NodaTime.Text;

namespace Heldar.Edge.Store;

/// <summary>
/// What becomes of a damaged database: it is kept beside the new one as <c>box.db.damaged-TIME</c>, with a text that says why, and nothing of it is ever
/// deleted. A running box leaves a note for its next start; the same note makes setting aside whole when it is interrupted.
/// </summary>
internal static class DamagedDatabase
{
    private const int MaxNote = 4096;
    private static readonly string[] Parts = ["-wal", "-shm", ""];
    private static readonly string[] NoDamage = ["CHECK constraint failed", "NULL value in"];
    private static readonly InstantPattern Name = InstantPattern.CreateWithInvariantCulture("uuuuMMdd'T'HHmmss'Z'");

    /// <summary>What the running box noted for this start: the cause; null when there is no note.</summary>
    public static string? Noted(string file) => File.Exists(NoteOf(file)) ? Text(NoteOf(file)) : null;

    /// <summary>Notes that the next start sets the database aside.</summary>
    public static void Note(string file, string cause) => File.WriteAllText(NoteOf(file), cause.Length > MaxNote ? cause[..MaxNote] : cause);

    /// <summary>Renames the database with its log; nobody may have it open.</summary>
    /// <returns>Its new name.</returns>
    /// <exception cref="IOException">It cannot be renamed; the next start tries again.</exception>
    public static string SetAside(string file, Instant now, string cause)
    {
        Note(file, cause);
        var target = Free($"{file}.damaged-{Name.Format(now)}");
        // The database last: without its log it might look whole, and be older than it was.
        foreach (var part in Parts)
            if (File.Exists(file + part)) File.Move(file + part, target + part);
        File.Move(NoteOf(file), target + ".txt");
        return target;
    }

    /// <summary>Databases that were set aside, oldest first, with the cause of each.</summary>
    public static IReadOnlyList<(string File, string Cause)> Kept(string file) =>
        [.. Directory.EnumerateFiles(Path.GetDirectoryName(file)!, Path.GetFileName(file) + ".damaged-*.txt").Order(StringComparer.Ordinal).Select(f => (f[..^4], Text(f)))];

    /// <summary>Reads the whole database; answers what is damaged, or null.</summary>
    /// <param name="connection">Open.</param>
    /// <param name="cancellation">Ends it early, with an exception.</param>
    public static string? Find(SqliteConnection connection, CancellationToken cancellation = default)
    {
        using var ending = cancellation.Register(connection.Interrupt);
        try
        {
            // A row that breaks a rule of its table is no damage of the file.
            return connection.Query<string>("PRAGMA quick_check(20)").FirstOrDefault(line => line != "ok" && !NoDamage.Any(n => line.Contains(n, StringComparison.Ordinal)))?.Trim();
        }
        catch (SqliteException e) when (e.IsDamage)
        {
            return e.Message;
        }
        catch (SqliteException) when (cancellation.IsCancellationRequested)
        {
            throw new OperationCanceledException(cancellation);
        }
    }

    private static string NoteOf(string file) => file + ".damage";

    private static string Free(string name)
    {
        var free = name;
        for (var i = 2; File.Exists(free) || File.Exists(free + "-wal") || File.Exists(free + ".txt"); i++) free = $"{name}.{i.ToString(CultureInfo.InvariantCulture)}";
        return free;
    }

    private static string Text(string file)
    {
        try
        {
            using var reader = new StreamReader(file);
            var text = new char[MaxNote];
            return new string(text, 0, reader.ReadBlock(text)).Trim();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return e.Message;
        }
    }
}
