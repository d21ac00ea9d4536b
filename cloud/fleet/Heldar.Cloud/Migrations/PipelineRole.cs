using System.Security.Cryptography;
using System.Text;
using Dapper;
using Npgsql;

namespace Heldar.Cloud.Migrations;

/// <summary>
/// A database role of the functions' own, with the least rights (<see cref="PipelineTables"/>): who takes over a function reads no password hash, session or private key, and
/// changes no audit trail. Only the fleet calls it, behind <see cref="Migrator"/>, as the owner of everything else; the fleet's role becomes a member of the functions' one.
/// </summary>
public static class PipelineRole
{
    private const int Tries = 3;
    private const int Iterations = 4096;

    /// <summary>
    /// Makes the role with its password when nobody gets in with them, and gives it exactly its rights. Safe at any time and from many replicas. Tables change their owner
    /// once, for which readers of a moment ago are waited for.
    /// </summary>
    /// <param name="database">The fleet's; its role must have CREATEROLE, or the functions' role must exist with the fleet's as a member.</param>
    /// <param name="pipeline">The functions' connection string to the same database.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="InvalidOperationException">The fleet's role may not do that, or the server lets the functions' role not in; the message says what its administrator does.</exception>
    public static async Task EnsureAsync(NpgsqlDataSource database, string pipeline, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(database);
        var wanted = new NpgsqlConnectionStringBuilder(pipeline) { Pooling = false, Timeout = 10 };
        var role = wanted.Username ?? throw new ArgumentException("names no Username", nameof(pipeline));
        try
        {
            await EnsureLoginAsync(database, wanted, cancellation);
            await using var connection = await database.OpenConnectionAsync(cancellation);
            await using var transaction = await connection.BeginTransactionAsync(cancellation);
            await GrantAsync(connection, transaction, role, cancellation);
            await transaction.CommitAsync(cancellation);
        }
        catch (PostgresException refused) when (refused.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            var (own, its) = (Quote(new NpgsqlConnectionStringBuilder(database.ConnectionString).Username ?? "heldar"), Quote(role));
            throw new InvalidOperationException($"""the database refuses: {refused.MessageText}. Its administrator does once what the fleet may not: create role {its} login password '…'; grant {its} to {own};""", refused);
        }
    }

    private static async Task EnsureLoginAsync(NpgsqlDataSource database, NpgsqlConnectionStringBuilder wanted, CancellationToken cancellation)
    {
        for (var trial = 1; !await OpensAsync(wanted, cancellation); trial++)
        {
            if (trial > Tries) throw new InvalidOperationException($"the database refuses role {Quote(wanted.Username!)} although it has this password: do the server's rules (pg_hba.conf) let it in?");
            try
            {
                await using var connection = await database.OpenConnectionAsync(cancellation);
                var exists = await connection.ExecuteScalarAsync<bool>(new CommandDefinition("select exists (select 1 from pg_roles where rolname = @Username)", new { wanted.Username }, cancellationToken: cancellation));
                // The server's log may show statements: it gets no password, but what it would store of it.
                await connection.ExecuteAsync(new CommandDefinition($"{(exists ? "alter" : "create")} role {Quote(wanted.Username!)} login password '{Verifier(wanted.Password ?? "")}'", cancellationToken: cancellation));
            }
            catch (PostgresException raced) when (raced.SqlState is PostgresErrorCodes.DuplicateObject or PostgresErrorCodes.UniqueViolation or PostgresErrorCodes.InternalError)
            {
                // Another replica makes it just now.
            }
        }
    }

    private static async Task<bool> OpensAsync(NpgsqlConnectionStringBuilder wanted, CancellationToken cancellation)
    {
        try
        {
            await using var connection = new NpgsqlConnection(wanted.ConnectionString);
            await connection.OpenAsync(cancellation);
            return true;
        }
        catch (PostgresException refused) when (refused.SqlState is PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification)
        {
            return false;
        }
    }

    /// <summary>Everything that changes goes to the server in one piece.</summary>
    private static async Task GrantAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string name, CancellationToken cancellation)
    {
        var role = Quote(name);
        await connection.ExecuteAsync(Command($"select pg_advisory_xact_lock({Migrator.LockId}); set local lock_timeout = '20s'"));
        var (isMember, schema) = await connection.QuerySingleAsync<(bool, string)>(Command("select pg_has_role(current_user, @name, 'usage'), quote_ident(current_schema())"));
        List<string> changes = isMember ? [] : [$"grant {role} to current_user"];
        changes.Add($"grant usage, create on schema {schema} to {role}");
        changes.Add($"grant execute on function {PipelineTables.Functions} to {role}");
        var tables = (await connection.QueryAsync<Table>(Command(
            """
            select c.relname::text as name, coalesce(p.relname::text, c.relname::text) as parent, pg_get_userbyid(c.relowner)::text as owner
            from pg_class c left join pg_inherits i on i.inhrelid = c.oid left join pg_class p on p.oid = i.inhparent
            where c.relkind in ('r', 'p') and c.relnamespace = current_schema()::regnamespace
            order by c.relispartition, c.relname
            """))).AsList();
        changes.AddRange(tables.Where(t => PipelineTables.IsOwned(t.Parent) && !string.Equals(t.Owner, name, StringComparison.Ordinal)).Select(t => $"alter table {Quote(t.Name)} owner to {role}"));
        foreach (var table in tables.Select(t => t.Name).Where(t => PipelineTables.Rights.ContainsKey(t) && !PipelineTables.IsOwned(t)))
        {
            changes.Add($"revoke all on table {table} from {role}");
            if (PipelineTables.Rights[table] is { Length: > 0 } rights) changes.Add($"grant {rights} on table {table} to {role}");
        }

        await connection.ExecuteAsync(Command(string.Join("; ", changes)));

        CommandDefinition Command(string sql) => new(sql, new { name }, transaction, cancellationToken: cancellation);
    }

    private static string Quote(string name) => "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"";

    /// <summary>What PostgreSQL stores of a password: RFC 5803's form of RFC 5802's keys, with SHA-256 (RFC 7677).</summary>
    private static string Verifier(string password)
    {
        var salt = RandomNumberGenerator.GetBytes(16);
        var salted = Rfc2898DeriveBytes.Pbkdf2(Encoding.UTF8.GetBytes(password), salt, Iterations, HashAlgorithmName.SHA256, 32);
        var stored = SHA256.HashData(HMACSHA256.HashData(salted, "Client Key"u8));
        return $"SCRAM-SHA-256${Iterations}:{Convert.ToBase64String(salt)}${Convert.ToBase64String(stored)}:{Convert.ToBase64String(HMACSHA256.HashData(salted, "Server Key"u8))}";
    }

    private sealed record Table(string Name, string Parent, string Owner);
}
