using System.Data.Common;
using System.Security.Cryptography;
using Dapper;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Heldar.Fleet.Audit;
using Heldar.Fleet.Settings;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Enrolment;

/// <summary>A box that enrolled, now or before.</summary>
internal sealed record EnrolledBox(string Tenant, string Site, string TimeZone, Guid Box, string Shard);

/// <summary>Either the box or why not.</summary>
internal readonly record struct EnrolOutcome(EnrolledBox? Box, Refusal? Refusal);

/// <summary>
/// Registers boxes: a one-time token says which site, the proof that the caller holds the key. The same key with the same token is the same box, so a box
/// that lost the answer asks again; a used token is worth nothing to another key. Thread-safe.
/// </summary>
internal sealed class Enroller(NpgsqlDataSource database, IClock clock, AuditTrail audit, FleetOptions options)
{
    private static readonly EnrolOutcome UnknownToken = Refuse(401, ErrorCodes.Unauthenticated, "the enrolment token is unknown; make a new one in the portal or with 'heldar-fleet enrolment-token'");

    public async Task<EnrolOutcome> EnrolAsync(EnrolRequest request, CancellationToken cancellation)
    {
        byte[] key = ReadKey(request);
        if (request.Name?.Trim() is not { Length: >= 1 and <= 128 } name || name.Any(char.IsControl)) throw new BadInputException("name must be 1 to 128 printable characters");
        if (!EventRules.IsText(request.Version, 64)) throw new BadInputException("version must be 1 to 64 printable characters");
        if (!SecretToken.TryRead(request.Token, out string tenant, out byte[] hash)) return UnknownToken;
        if (request.Proof is not { Length: <= 128 } || !BoxKeys.Verify(key, EnrolRequest.ProofBytes(request.Token), request.Proof))
            return Refuse(401, ErrorCodes.Unauthenticated, "the proof is not a signature of the token by the given key");

        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended('heldar-enrol', 0))", transaction: transaction, cancellationToken: cancellation));
        var outcome = await EnrolAsync(transaction, tenant, hash, key, request with { Name = name }, cancellation);
        if (outcome.Box is not null) await transaction.CommitAsync(cancellation);
        return outcome;
    }

    private async Task<EnrolOutcome> EnrolAsync(DbTransaction transaction, string tenant, byte[] hash, byte[] key, EnrolRequest request, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        string keyId = BoxKeys.KeyId(key);
        if (await EnrolmentTokens.LockAsync(transaction, tenant, hash, cancellation) is not { } token) return UnknownToken;
        if (token.UsedKey is { } used && used != keyId) return Refuse(409, ErrorCodes.Conflict, "the enrolment token was used by another box; make a new one");
        if (token.UsedKey is null && token.ExpiresAt <= now.ToDateTimeUtc()) return Refuse(401, ErrorCodes.TokenExpired, "the enrolment token has expired; make a new one");

        if (await IsRevokedAsync(transaction, keyId, cancellation)) return Refuse(403, ErrorCodes.Forbidden, "this key was revoked; give the box a new key and a new token");
        var known = await FindAsync(transaction, keyId, cancellation);
        if (known is not null && (known.Tenant != tenant || known.Site != token.Site))
            return Refuse(409, ErrorCodes.Conflict, $"this key is enrolled at another site already; give the box a new key to move it to '{token.Site}'");
        if (known is not null && token.UsedKey is not null) return new EnrolOutcome(known, null);

        var box = known ?? await RegisterAsync(transaction, tenant, token.Site, key, request, cancellation);
        await EnrolmentTokens.UseAsync(transaction, tenant, hash, keyId, box.Box, now, cancellation);
        await audit.AppendAsync(transaction, tenant, request.Name, AuditActions.BoxEnrolled, box.Box.ToString("D"), new { box.Site, box.Shard, keyId, again = known is not null }, cancellation);
        return new EnrolOutcome(box, null);
    }

    private async Task<EnrolledBox> RegisterAsync(DbTransaction transaction, string tenant, string site, byte[] key, EnrolRequest request, CancellationToken cancellation)
    {
        var connection = transaction.Connection!;
        string shard = await connection.QuerySingleAsync<string>(new CommandDefinition(
            """
            select s.shard from unnest(@shards) with ordinality as s (shard, position)
            order by (select count(*) from box b where b.shard = s.shard and b.removed_at is null), s.position limit 1
            """,
            new { shards = options.Shards.ToArray() },
            transaction,
            cancellationToken: cancellation));
        var box = Guid.CreateVersion7();
        await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into box (tenant, box, site, name, version, shard) values (@tenant, @box, @site, @Name, @Version, @shard);
            insert into box_key (tenant, box, key_id, public_key) values (@tenant, @box, @keyId, @key)
            """,
            new { tenant, box, site, request.Name, request.Version, shard, keyId = BoxKeys.KeyId(key), key },
            transaction,
            cancellationToken: cancellation));
        return (await FindAsync(transaction, BoxKeys.KeyId(key), cancellation))!;
    }

    private static async Task<EnrolledBox?> FindAsync(DbTransaction transaction, string keyId, CancellationToken cancellation) =>
        await transaction.Connection!.QuerySingleOrDefaultAsync<EnrolledBox>(new CommandDefinition(
            """
            select b.tenant, b.site, s.time_zone as TimeZone, b.box, b.shard
            from box_key k join box b on b.tenant = k.tenant and b.box = k.box join site s on s.tenant = b.tenant and s.site = b.site
            where k.key_id = @keyId and k.revoked_at is null
            """,
            new { keyId },
            transaction,
            cancellationToken: cancellation));

    /// <summary>A key that was revoked once is nobody's for ever: whoever holds it may have stolen it.</summary>
    private static Task<bool> IsRevokedAsync(DbTransaction transaction, string keyId, CancellationToken cancellation) =>
        transaction.Connection!.ExecuteScalarAsync<bool>(new CommandDefinition(
            "select exists (select 1 from box_key where key_id = @keyId and revoked_at is not null)", new { keyId }, transaction, cancellationToken: cancellation));

    private static byte[] ReadKey(EnrolRequest request)
    {
        if (request.PublicKey is not { Length: >= 1 and <= 512 }) throw new BadInputException("publicKey must be the base64 SubjectPublicKeyInfo of a P-256 key");
        try
        {
            byte[] key = Convert.FromBase64String(request.PublicKey);
            BoxKeys.Import(key).Dispose();
            return key;
        }
        catch (Exception wrong) when (wrong is FormatException or CryptographicException)
        {
            throw new BadInputException($"publicKey must be the base64 SubjectPublicKeyInfo of a P-256 key: {wrong.Message}");
        }
    }

    private static EnrolOutcome Refuse(int status, string code, string error) => new(null, Refusal.Of(status, code, error));
}
