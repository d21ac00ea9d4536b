using Dapper;

namespace Heldar.Edge.Store;

/// <summary>Brings a database to the schema of this program, all steps in one transaction.</summary>
internal static class StoreSchema
{
    /// <summary>Steps of all rooms that ship as .sql files, by file name.</summary>
    public static IReadOnlyList<StoreMigration> Embedded()
    {
        var assembly = typeof(StoreSchema).Assembly;
        return [.. assembly.GetManifestResourceNames()
            .Where(n => n.EndsWith(".sql", StringComparison.Ordinal))
            .Select(n => new StoreMigration(n.Split('.')[^2], Read(assembly.GetManifestResourceStream(n)!)))];
    }

    /// <summary>Applies the missing steps; answers their names.</summary>
    public static IReadOnlyList<string> Apply(SqliteConnection connection, IEnumerable<StoreMigration> migrations)
    {
        var steps = migrations.OrderBy(m => m.Name, StringComparer.Ordinal).ToList();
        using var transaction = connection.BeginTransaction();
        connection.Execute("CREATE TABLE IF NOT EXISTS schema_migration (name TEXT PRIMARY KEY) WITHOUT ROWID");
        var applied = connection.Query<string>("SELECT name FROM schema_migration").ToHashSet(StringComparer.Ordinal);
        var unknown = applied.Except(steps.Select(s => s.Name), StringComparer.Ordinal).ToList();
        if (unknown.Count > 0)
            throw new NewerSchemaException(connection.DataSource, unknown);
        var missing = steps.Where(s => !applied.Contains(s.Name)).ToList();
        foreach (var step in missing)
        {
            connection.Execute(step.Sql);
            connection.Execute("INSERT INTO schema_migration (name) VALUES (@name)", new { name = step.Name });
        }

        transaction.Commit();
        return [.. missing.Select(m => m.Name)];
    }

    /// <summary>What a database is to the steps of this program; the file is only read.</summary>
    /// <exception cref="SqliteException">The file is no database or cannot be opened.</exception>
    public static SchemaState Compare(string file, IEnumerable<StoreMigration> migrations)
    {
        if (!File.Exists(file)) return SchemaState.None;
        using var connection = new SqliteConnection(file);
        connection.Open();
        if (connection.QuerySingle<long>("SELECT count(*) FROM sqlite_master WHERE name = 'schema_migration'") == 0) return SchemaState.Older;
        var known = migrations.Select(m => m.Name).ToHashSet(StringComparer.Ordinal);
        var applied = connection.Query<string>("SELECT name FROM schema_migration").ToHashSet(StringComparer.Ordinal);
        if (!applied.IsSubsetOf(known)) return SchemaState.Newer;
        return applied.Count == known.Count ? SchemaState.Same : SchemaState.Older;
    }

    private static string Read(Stream stream)
    {
        using var reader = new StreamReader(stream);
        return reader.ReadToEnd();
    }
}
