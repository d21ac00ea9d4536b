using Dapper;
using Heldar.Fleet.Settings;
using Npgsql;

namespace Heldar.Fleet.Shards;

/// <summary>
/// Says which shard a box tells from its next grant on: its own, unless that is no longer one of this service's or carries two boxes more than the emptiest one. Only
/// the box's next messages go there; what lies in the old shard's queues stays, and that shard's functions drain it. Thread-safe.
/// </summary>
internal sealed class ShardPlacement(FleetOptions options, NpgsqlDataSource database)
{
    private const string Load =
        """
        with load as (
            select s.shard, s.position, (select count(*) from box b where b.shard = s.shard and b.removed_at is null) as boxes from unnest(@shards) with ordinality as s (shard, position))
        """;

    private const string Misplaced =
        """
        not exists (select 1 from load l where l.shard = b.shard) or (select l.boxes from load l where l.shard = b.shard) > (select min(boxes) from load) + 1
        """;

    /// <summary>The shard of a box that renews its grant; <paramref name="current"/> is what the database said of it.</summary>
    public async Task<string> PlaceAsync(string tenant, Guid box, string current, CancellationToken cancellation)
    {
        if (options.Shards.Count == 1 && options.Shards[0] == current) return current;
        var values = new { tenant, box, shards = options.Shards.ToArray() };
        await using var connection = await database.OpenConnectionAsync(cancellation);
        if (!await connection.ExecuteScalarAsync<bool>(new CommandDefinition($"{Load} select {Misplaced} from box b where b.tenant = @tenant and b.box = @box", values, cancellationToken: cancellation))) return current;

        // One box at a time, so that many that renew at once do not all take the same place; the second look is the one that counts.
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended('heldar-shards', 0))", transaction: transaction, cancellationToken: cancellation));
        string? placed = await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            $"{Load} update box b set shard = (select shard from load order by boxes, position limit 1) where b.tenant = @tenant and b.box = @box and ({Misplaced}) returning b.shard",
            values,
            transaction,
            cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
        return placed ?? await connection.ExecuteScalarAsync<string>(new CommandDefinition("select shard from box where tenant = @tenant and box = @box", values, cancellationToken: cancellation)) ?? current;
    }
}
