using Dapper;
using Npgsql;

namespace Heldar.Cloud.Migrations;

/// <summary>Whether this program may work with the database's schema.</summary>
public static class SchemaVersion
{
    /// <summary>The schema that this program was built with.</summary>
    public static int Mine => MigrationScript.All[^1].Version;

    /// <summary>
    /// Null when the schema is this program's or one older or newer (expand, then contract keeps those working); otherwise why not and what to do.
    /// Functions stop consuming then: messages wait in the queue.
    /// </summary>
    public static async Task<string?> CheckAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            return Judge(await connection.ExecuteScalarAsync<int?>(new CommandDefinition("select max(version) from schema_version", cancellationToken: cancellation)) ?? 0, Mine);
        }
        catch (PostgresException missing) when (missing.SqlState == PostgresErrorCodes.UndefinedTable)
        {
            return Judge(0, Mine);
        }
    }

    internal static string? Judge(int database, int mine) => (database - mine) switch
    {
        >= -1 and <= 1 => null,
        < 0 => $"the database has schema {database}, this program needs {mine} or {mine - 1}: start the new fleet first, it migrates",
        _ => $"the database has schema {database}, this program knows {mine}: deploy the newer functions",
    };
}
