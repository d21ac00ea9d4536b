using Dapper;
using Heldar.Contracts.Api;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Boxes;

/// <summary>A registered key and the box it belongs to.</summary>
internal sealed record KnownKey(BoxCaller Caller, byte[] PublicKey);

/// <summary>A box in the list. Online means: its tunnel is open, or it has called within the last minute. A removed one stays in the list, since footage is known by it.</summary>
internal sealed record BoxView(
    Guid Box, string Site, string Name, string Version, string Shard, bool Online, long OutboxBacklog, Instant? LastSeenAt = null, long? DiskFreeBytes = null, long? DiskTotalBytes = null, Instant? RemovedAt = null);

/// <summary>Look-ups of boxes that every request needs. Thread-safe.</summary>
internal sealed class BoxDirectory(NpgsqlDataSource database, IClock clock)
{
    /// <summary>A box that called within this time is online.</summary>
    public static readonly Duration Recent = Duration.FromSeconds(60);

    /// <summary>No box waits longer: a clock that was set forward by more tells nothing.</summary>
    private static readonly Duration LongestWait = Duration.FromDays(3650);

    /// <summary>The key, unless it is unknown or revoked. Box ids are unique among all tenants: the key says which tenant calls.</summary>
    public async Task<KnownKey?> FindKeyAsync(Guid box, string keyId, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<KeyRow>(new CommandDefinition(
            """
            select k.tenant, b.site, b.shard, k.public_key as PublicKey
            from box_key k join box b on b.tenant = k.tenant and b.box = k.box
            where k.box = @box and k.key_id = @keyId and k.revoked_at is null
            """,
            new { box, keyId },
            cancellationToken: cancellation));
        return row is null ? null : new KnownKey(new BoxCaller(row.Tenant, row.Site, box, row.Shard), row.PublicKey);
    }

    /// <summary>The box that records a camera; null when the tenant has no such camera.</summary>
    public async Task<Guid?> BoxOfAsync(string tenant, Guid camera, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<Guid?>(new CommandDefinition(
            "select box from camera where tenant = @tenant and camera = @camera", new { tenant, camera }, cancellationToken: cancellation));
    }

    /// <summary>All boxes of a tenant with what they last said of themselves.</summary>
    public async Task<IReadOnlyList<BoxView>> ListAsync(string tenant, CancellationToken cancellation)
    {
        var recent = clock.GetCurrentInstant() - Recent;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<BoxRow>(new CommandDefinition(
            """
            select b.box, b.site, b.name, b.version, b.shard, b.last_seen_at as LastSeenAt, b.outbox_backlog as OutboxBacklog,
                b.disk_free_bytes as DiskFreeBytes, b.disk_total_bytes as DiskTotalBytes, b.removed_at as RemovedAt,
                exists (select 1 from box_tunnel t where t.tenant = b.tenant and t.box = b.box and t.seen_at > @recent) as HasTunnel
            from box b where b.tenant = @tenant order by b.site, b.name, b.box
            """,
            new { tenant, recent = recent.ToDateTimeUtc() },
            cancellationToken: cancellation));
        return [.. rows.Select(r => r.View(recent))];
    }

    /// <summary>Writes down a heartbeat.</summary>
    public async Task BeatAsync(BoxCaller box, HeartbeatRequest beat, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        // An age by the box's clock alone, so that a clock that is off changes nothing.
        var oldest = beat.OldestWaitingAt is { } at ? now - Duration.Min(Duration.Max(beat.BoxTime - at, Duration.Zero), LongestWait) : (Instant?)null;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "update box set last_seen_at = @now, version = @Version, outbox_backlog = @OutboxBacklog, outbox_oldest_at = @oldest where tenant = @Tenant and box = @Box",
            new { box.Tenant, box.Box, beat.Version, beat.OutboxBacklog, oldest = oldest?.ToDateTimeUtc(), now = now.ToDateTimeUtc() },
            cancellationToken: cancellation));
    }

    private sealed record BoxRow
    {
        public Guid Box { get; init; }

        public string Site { get; init; } = "";

        public string Name { get; init; } = "";

        public string Version { get; init; } = "";

        public string Shard { get; init; } = "";

        public DateTime? LastSeenAt { get; init; }

        public long? OutboxBacklog { get; init; }

        public long? DiskFreeBytes { get; init; }

        public long? DiskTotalBytes { get; init; }

        public DateTime? RemovedAt { get; init; }

        public bool HasTunnel { get; init; }

        public BoxView View(Instant recent)
        {
            Instant? seen = LastSeenAt is { } at ? Instant.FromDateTimeUtc(DateTime.SpecifyKind(at, DateTimeKind.Utc)) : null;
            Instant? removed = RemovedAt is { } gone ? Instant.FromDateTimeUtc(DateTime.SpecifyKind(gone, DateTimeKind.Utc)) : null;
            return new BoxView(Box, Site, Name, Version, Shard, removed is null && (HasTunnel || seen > recent), OutboxBacklog ?? 0, seen, DiskFreeBytes, DiskTotalBytes, removed);
        }
    }

    private sealed record KeyRow(string Tenant, string Site, string Shard, byte[] PublicKey);
}
