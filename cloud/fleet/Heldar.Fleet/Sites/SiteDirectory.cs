using Dapper;
using Heldar.Contracts;
using Heldar.Fleet.Api;
using Heldar.Fleet.Audit;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Sites;

/// <summary>Body of <c>POST /api/v1/sites</c>.</summary>
/// <param name="Site">Slug; part of every event's source, so it never changes.</param>
/// <param name="Name">What people call it, 1 to 128 characters.</param>
/// <param name="TimeZone">IANA name, for example <c>Europe/Berlin</c>.</param>
internal sealed record SiteRequest(string Site, string Name, string TimeZone);

/// <summary>A site in the list.</summary>
internal sealed record SiteView(string Site, string Name, string TimeZone, long Boxes, long Cameras);

/// <summary>Sites of a tenant. Thread-safe.</summary>
internal sealed class SiteDirectory(NpgsqlDataSource database, AuditTrail audit)
{
    public async Task<IReadOnlyList<SiteView>> ListAsync(string tenant, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return [.. await connection.QueryAsync<SiteView>(new CommandDefinition(
            """
            select s.site, s.name, s.time_zone as TimeZone,
                (select count(*) from box b where b.tenant = s.tenant and b.site = s.site and b.removed_at is null) as Boxes,
                (select count(*) from camera c join box b on b.tenant = c.tenant and b.box = c.box where c.tenant = s.tenant and b.site = s.site) as Cameras
            from site s where s.tenant = @tenant order by s.name, s.site
            """,
            new { tenant },
            cancellationToken: cancellation))];
    }

    public async Task<bool> ExistsAsync(string tenant, string site, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select 1 from site where tenant = @tenant and site = @site)", new { tenant, site }, cancellationToken: cancellation));
    }

    /// <summary>Makes a site; false when the slug is taken. Throws <see cref="BadInputException"/>.</summary>
    public async Task<bool> CreateAsync(string tenant, SiteRequest request, string actor, CancellationToken cancellation)
    {
        if (!Names.IsSlug(request.Site)) throw new BadInputException("site must be 1 to 63 lower-case letters, digits and inner hyphens");
        if (request.Name?.Trim() is not { Length: >= 1 and <= 128 } name || name.Any(char.IsControl)) throw new BadInputException("name must be 1 to 128 printable characters");
        if (request.TimeZone is null || DateTimeZoneProviders.Tzdb.GetZoneOrNull(request.TimeZone) is null)
            throw new BadInputException("timeZone must be an IANA name such as Europe/Berlin");
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        int made = await connection.ExecuteAsync(new CommandDefinition(
            "insert into site (tenant, site, name, time_zone) values (@tenant, @Site, @name, @TimeZone) on conflict (tenant, site) do nothing",
            new { tenant, request.Site, name, request.TimeZone },
            transaction,
            cancellationToken: cancellation));
        if (made == 0) return false;
        await audit.AppendAsync(transaction, tenant, actor, AuditActions.SiteCreated, request.Site, new { name, request.TimeZone }, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }
}
