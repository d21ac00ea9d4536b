using Dapper;
using Npgsql;

namespace Heldar.Cloud.Migrations;

/// <summary>
/// Brings the database to this program's schema. Scripts are embedded and numbered; those that are missing run in order, in one transaction under
/// an advisory lock, so that any number of replicas may start at once and a failure leaves nothing half done. Only the fleet calls it. Scripts expand first and contract a release later.
/// </summary>
public static class Migrator
{
    /// <summary>Any number will do, as long as all replicas take the same.</summary>
    internal const long LockId = 0x48454C444152;

    /// <summary>Applies what is missing; safe to call at any time.</summary>
    public static async Task MigrateAsync(NpgsqlDataSource database, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        // A transaction lock needs no session state, so it passes through PgBouncer.
        await connection.ExecuteAsync(Command("select pg_advisory_xact_lock(@LockId)", new { LockId }));
        await connection.ExecuteAsync(Command("create table if not exists schema_version (version integer primary key, name text not null, applied_at timestamptz not null default now())"));
        var applied = await connection.ExecuteScalarAsync<int?>(Command("select max(version) from schema_version")) ?? 0;
        foreach (var script in MigrationScript.All.Where(s => s.Version > applied))
        {
            await connection.ExecuteAsync(Command(script.Text));
            await connection.ExecuteAsync(Command("insert into schema_version (version, name) values (@Version, @Name)", new { script.Version, script.Name }));
        }

        await transaction.CommitAsync(cancellation);

        CommandDefinition Command(string sql, object? values = null) => new(sql, values, transaction, cancellationToken: cancellation);
    }
}
