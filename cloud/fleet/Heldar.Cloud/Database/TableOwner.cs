using Dapper;
using Npgsql;

namespace Heldar.Cloud.Database;

/// <summary>Who makes tables beside an existing one makes them as its owner: fleet and functions may have roles of their own, and a partition is dropped by its owner alone.</summary>
internal static class TableOwner
{
    /// <summary>What follows in the transaction is done as the owner of <paramref name="table"/>, whose role the caller has or is a member of.</summary>
    public static Task ActAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, string table, CancellationToken cancellation) =>
        connection.ExecuteAsync(new CommandDefinition(
            "select set_config('role', pg_get_userbyid(relowner)::text, true) from pg_class where oid = @table::regclass", new { table }, transaction, cancellationToken: cancellation));
}
