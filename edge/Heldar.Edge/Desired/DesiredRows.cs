using System.Data.Common;
using System.Text.Json;
using Dapper;
using NodaTime;

namespace Heldar.Edge.Desired;

/// <summary>How far a database is.</summary>
/// <param name="Database">Its own random name.</param>
/// <param name="Revision">Changes so far.</param>
/// <param name="IsKept">A file of it was written, or it took one over.</param>
internal sealed record DesiredMark(string Database, long Revision, bool IsKept);

/// <summary>The statements: any table of the list, by the columns that it has. Writing ones are called within a transaction of the store's writer.</summary>
internal static class DesiredRows
{
    private const int LooksAtMost = 5;

    public static DesiredMark Mark(DbConnection db)
    {
        var row = db.QuerySingle<(string Database, long Revision, long Kept)>("SELECT database, revision, kept FROM desired_mark");
        return new DesiredMark(row.Database, row.Revision, row.Kept != 0);
    }

    public static void Kept(DbConnection db) => db.Execute("UPDATE desired_mark SET kept = 1 WHERE kept = 0");

    /// <summary>Whether somebody wants something already.</summary>
    public static bool Any(DbConnection db, IReadOnlyList<DesiredTable> tables) =>
        tables.Any(t => db.ExecuteScalar<long>($"SELECT EXISTS (SELECT 1 FROM {t.Name})") != 0);

    /// <summary>All rows as of one moment; null while they change faster than they are read.</summary>
    public static DesiredFile? Read(DbConnection db, IReadOnlyList<DesiredTable> tables, Instant now)
    {
        for (var look = 0; look < LooksAtMost; look++)
        {
            var mark = Mark(db);
            var rows = tables.ToDictionary(
                t => t.Name,
                IReadOnlyList<IReadOnlyDictionary<string, JsonElement>> (DesiredTable t) => [.. db.Query($"SELECT * FROM {t.Name} WHERE {t.Where}").Select(r => Row((IDictionary<string, object?>)r))],
                StringComparer.Ordinal);
            if (Mark(db).Revision == mark.Revision) return new DesiredFile(mark.Database, mark.Revision, now, rows);
        }

        return null;
    }

    /// <summary>Puts the rows of a file into a database that has none, and makes it the one that the file is a copy of.</summary>
    /// <exception cref="InvalidDataException">The file has a table, column or value that this program does not know.</exception>
    public static void Put(DbConnection db, IReadOnlyList<DesiredTable> tables, DesiredFile file)
    {
        foreach (var (name, rows) in file.Tables)
        {
            var table = tables.FirstOrDefault(t => t.Name == name) ?? throw new InvalidDataException($"this program has no table {Short(name)} of wishes");
            var columns = db.Query<string>("SELECT name FROM pragma_table_info(@name)", new { name = table.Name }).ToHashSet(StringComparer.Ordinal);
            foreach (var row in rows) Insert(db, table, columns, row);
        }

        foreach (var table in tables) table.Check(db);
        db.Execute("UPDATE desired_mark SET database = @database, revision = max(revision, @revision) + 1, kept = 1", new { database = file.Database, revision = file.Revision });
    }

    private static void Insert(DbConnection db, DesiredTable table, HashSet<string> columns, IReadOnlyDictionary<string, JsonElement> row)
    {
        if (row.Count == 0 || row.Keys.Any(c => !columns.Contains(c)))
            throw new InvalidDataException($"a row of {table.Name} has no column, or one that this program does not know");
        var values = new DynamicParameters();
        var names = row.Keys.ToList();
        for (var i = 0; i < names.Count; i++) values.Add($"v{i}", Value(row[names[i]]));
        db.Execute($"INSERT INTO {table.Name} ({string.Join(", ", names)}) VALUES ({string.Join(", ", names.Select((_, i) => $"@v{i}"))})", values);
    }

    private static Dictionary<string, JsonElement> Row(IDictionary<string, object?> row) =>
        row.ToDictionary(c => c.Key, c => c.Value is null or string or long or double ? JsonSerializer.SerializeToElement(c.Value) : throw new NotSupportedException($"{c.Key} is neither text nor number"), StringComparer.Ordinal);

    private static object? Value(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number => value.TryGetInt64(out var whole) ? whole : value.GetDouble(),
        _ => throw new InvalidDataException("a value is neither text nor number"),
    };

    private static string Short(string name) => name.Length <= 60 ? name : name[..60];
}
