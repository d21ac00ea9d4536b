using Dapper;
using Heldar.Fleet.Settings;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Access;

/// <summary>Signed-in people. The cookie holds the token, PostgreSQL only its hash; every replica knows every session. Thread-safe.</summary>
internal sealed class Sessions(NpgsqlDataSource database, IClock clock, FleetOptions options)
{
    /// <summary>Opens a session and returns the cookie's value.</summary>
    public async Task<string> OpenAsync(string tenant, Guid person, CancellationToken cancellation)
    {
        string token = SecretToken.Create(tenant);
        SecretToken.TryRead(token, out _, out byte[] hash);
        var now = clock.GetCurrentInstant();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            delete from session where expires_at < @now;
            insert into session (tenant, token_hash, person, created_at, expires_at) values (@tenant, @hash, @person, @now, @expires)
            """,
            new { tenant, hash, person, now = now.ToDateTimeUtc(), expires = (now + options.SessionLength).ToDateTimeUtc() },
            cancellationToken: cancellation));
        return token;
    }

    /// <summary>Who a cookie belongs to; null when it is unknown, expired or malformed.</summary>
    public async Task<Caller?> FindAsync(string? cookie, CancellationToken cancellation)
    {
        if (!SecretToken.TryRead(cookie, out string tenant, out byte[] hash)) return null;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<Found>(new CommandDefinition(
            """
            select p.person, p.name, p.role
            from session s join person p on p.tenant = s.tenant and p.person = s.person
            where s.tenant = @tenant and s.token_hash = @hash and s.expires_at > @now
            """,
            new { tenant, hash, now = clock.GetCurrentInstant().ToDateTimeUtc() },
            cancellationToken: cancellation));
        return row is null ? null : new Caller(tenant, row.Person, row.Name, row.Role == "admin" ? Role.Admin : Role.Viewer);
    }

    /// <summary>Ends a session; nothing happens when there is none.</summary>
    public async Task CloseAsync(string? cookie, CancellationToken cancellation)
    {
        if (!SecretToken.TryRead(cookie, out string tenant, out byte[] hash)) return;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "delete from session where tenant = @tenant and token_hash = @hash", new { tenant, hash }, cancellationToken: cancellation));
    }

    private sealed record Found(Guid Person, string Name, string Role);
}
