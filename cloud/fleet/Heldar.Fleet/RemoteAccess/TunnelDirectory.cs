using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.RemoteAccess;

/// <summary>Table <c>box_tunnel</c>: which replica holds which box. A row counts while its replica has touched it within <see cref="Fresh"/>. Thread-safe.</summary>
internal sealed class TunnelDirectory(NpgsqlDataSource database, IClock clock, ReplicaAddress self)
{
    /// <summary>How often a replica touches the rows of its tunnels.</summary>
    public static readonly TimeSpan Touch = TimeSpan.FromSeconds(15);

    /// <summary>Age from which a row is a dead replica's.</summary>
    public static readonly Duration Fresh = Duration.FromSeconds(60);

    /// <summary>Enters a new tunnel; it replaces whatever was known of its box.</summary>
    public async Task EnterAsync(BoxTunnel tunnel, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into box_tunnel (tenant, box, connection, replica_url, since, seen_at) values (@Tenant, @Box, @Connection, @url, @now, @now)
            on conflict (tenant, box) do update
            set connection = excluded.connection, replica_url = excluded.replica_url, since = excluded.since, seen_at = excluded.seen_at
            """,
            new { tunnel.Tenant, tunnel.Box, tunnel.Connection, url = self.Url.ToString(), now = Now() },
            cancellationToken: cancellation));
    }

    /// <summary>Touches a tunnel's row; false when a newer connection took its place, here or on another replica.</summary>
    public async Task<bool> TouchAsync(BoxTunnel tunnel, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(
            "update box_tunnel set seen_at = @now where tenant = @Tenant and box = @Box and connection = @Connection",
            new { tunnel.Tenant, tunnel.Box, tunnel.Connection, now = Now() },
            cancellationToken: cancellation)) == 1;
    }

    /// <summary>Removes a tunnel's row unless it is a newer connection's.</summary>
    public async Task LeaveAsync(BoxTunnel tunnel, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "delete from box_tunnel where tenant = @Tenant and box = @Box and connection = @Connection",
            new { tunnel.Tenant, tunnel.Box, tunnel.Connection },
            cancellationToken: cancellation));
    }

    /// <summary>Where another replica holds a box; null when none does.</summary>
    public async Task<Uri?> FindElsewhereAsync(string tenant, Guid box, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        string? url = await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            "select replica_url from box_tunnel where tenant = @tenant and box = @box and replica_url <> @self and seen_at > @oldest",
            new { tenant, box, self = self.Url.ToString(), oldest = (clock.GetCurrentInstant() - Fresh).ToDateTimeUtc() },
            cancellationToken: cancellation));
        return Uri.TryCreate(url, UriKind.Absolute, out var address) ? address : null;
    }

    private DateTime Now() => clock.GetCurrentInstant().ToDateTimeUtc();
}
