using Dapper;
using Heldar.Fleet.Access;
using Heldar.Fleet.Audit;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Boxes;

/// <summary>
/// Takes a box out: its keys are nobody's for ever, so that it gets no more grants and functions refuse what it still sends; its tunnel's row goes, by which the replica
/// that holds it closes it. Its footage stays known, and its cameras are free for another box of the tenant. Thread-safe.
/// </summary>
internal sealed class BoxRemoval(NpgsqlDataSource database, AuditTrail audit, IClock clock)
{
    private const string RemoveSql =
        """
        with gone as (
            update box set removed_at = @now, removed_by = @Name, outbox_oldest_at = null where tenant = @Tenant and box = @box and removed_at is null returning tenant, box, name, site
        ), keys as (
            update box_key k set revoked_at = @now from gone g where k.tenant = g.tenant and k.box = g.box and k.revoked_at is null returning k.key_id
        ), cameras as (
            update camera c set enabled = false from gone g where c.tenant = g.tenant and c.box = g.box returning c.camera
        ), tunnel as (
            delete from box_tunnel t using gone g where t.tenant = g.tenant and t.box = g.box
        )
        select g.name, g.site, (select count(*) from cameras) as cameras, (select array_agg(key_id order by key_id) from keys) as keys from gone g
        """;

    /// <summary>Removes a box; true also when that was done before, false when the tenant has no such box.</summary>
    public async Task<bool> RemoveAsync(Caller caller, Guid box, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var gone = await connection.QuerySingleOrDefaultAsync<Gone>(new CommandDefinition(
            RemoveSql, new { caller.Tenant, caller.Name, box, now = clock.GetCurrentInstant().ToDateTimeUtc() }, transaction, cancellationToken: cancellation));
        if (gone is null)
        {
            return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
                "select exists (select 1 from box where tenant = @Tenant and box = @box)", new { caller.Tenant, box }, transaction, cancellationToken: cancellation));
        }

        await audit.AppendAsync(transaction, caller.Tenant, caller.Name, AuditActions.BoxRemoved, box.ToString("D"), gone, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    private sealed record Gone
    {
        public string Name { get; init; } = "";

        public string Site { get; init; } = "";

        public long Cameras { get; init; }

        public string[]? Keys { get; init; }
    }
}
