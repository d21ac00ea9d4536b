using System.Data.Common;
using Dapper;
using Heldar.Contracts;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Heldar.Fleet.Audit;
using Heldar.Fleet.Sites;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Enrolment;

/// <summary>Body of <c>POST /api/v1/enrolment-tokens</c>.</summary>
/// <param name="Site">Slug of an existing site.</param>
/// <param name="Minutes">How long the token is valid, 1 to 1440; default 15.</param>
internal sealed record TokenRequest(string Site, int? Minutes = null);

/// <summary>A new token: shown once, kept only as its hash.</summary>
internal sealed record TokenAnswer(string Token, Instant ExpiresAt);

/// <summary>Table <c>enrolment_token</c>: short-lived one-time tokens, each for one box of one site. Thread-safe.</summary>
internal sealed class EnrolmentTokens(NpgsqlDataSource database, IClock clock, SiteDirectory sites, AuditTrail audit)
{
    private const int MaxMinutes = 24 * 60;

    /// <summary>Makes a token for an existing site; null when there is no such site.</summary>
    public async Task<TokenAnswer?> CreateAsync(string tenant, TokenRequest request, string actor, CancellationToken cancellation)
    {
        if (!Names.IsSlug(request.Site)) throw new BadInputException("site must be 1 to 63 lower-case letters, digits and inner hyphens");
        int minutes = request.Minutes ?? 15;
        if (minutes is < 1 or > MaxMinutes) throw new BadInputException($"minutes must be 1 to {MaxMinutes}");
        if (!await sites.ExistsAsync(tenant, request.Site, cancellation)) return null;

        string token = SecretToken.Create(tenant);
        SecretToken.TryRead(token, out _, out byte[] hash);
        var now = clock.GetCurrentInstant();
        var expires = now + Duration.FromMinutes(minutes);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into enrolment_token (tenant, token_hash, site, created_by, created_at, expires_at) values (@tenant, @hash, @Site, @actor, @now, @expires)",
            new { tenant, hash, request.Site, actor, now = now.ToDateTimeUtc(), expires = expires.ToDateTimeUtc() },
            transaction,
            cancellationToken: cancellation));
        await audit.AppendAsync(transaction, tenant, actor, AuditActions.TokenCreated, request.Site, new { minutes }, cancellation);
        await transaction.CommitAsync(cancellation);
        return new TokenAnswer(token, expires);
    }

    /// <summary>The same for the command line: makes the site when it is missing.</summary>
    public async Task<TokenAnswer> CreateWithSiteAsync(string tenant, TokenRequest request, string? siteName, string timeZone, string actor, CancellationToken cancellation)
    {
        if (!Names.IsSlug(request.Site)) throw new BadInputException("--site must be 1 to 63 lower-case letters, digits and inner hyphens");
        await sites.CreateAsync(tenant, new SiteRequest(request.Site, siteName ?? request.Site, timeZone), actor, cancellation);
        return await CreateAsync(tenant, request, actor, cancellation) ?? throw new InvalidOperationException("the site was just made");
    }

    /// <summary>Locks a token's row until the transaction ends; null when it is unknown.</summary>
    public static async Task<TokenRow?> LockAsync(DbTransaction transaction, string tenant, byte[] hash, CancellationToken cancellation) =>
        await transaction.Connection!.QuerySingleOrDefaultAsync<TokenRow>(new CommandDefinition(
            "select site, expires_at as ExpiresAt, used_key as UsedKey, box from enrolment_token where tenant = @tenant and token_hash = @hash for update",
            new { tenant, hash },
            transaction,
            cancellationToken: cancellation));

    /// <summary>Binds a token to the key and box that used it.</summary>
    public static Task UseAsync(DbTransaction transaction, string tenant, byte[] hash, string keyId, Guid box, Instant now, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "update enrolment_token set used_at = @now, used_key = @keyId, box = @box where tenant = @tenant and token_hash = @hash and used_key is null",
            new { tenant, hash, keyId, box, now = now.ToDateTimeUtc() },
            transaction,
            cancellationToken: cancellation));
}

/// <summary>What is known of a token.</summary>
internal sealed record TokenRow(string Site, DateTime ExpiresAt, string? UsedKey, Guid? Box);
