using System.Collections.Concurrent;
using System.Security.Cryptography;
using Dapper;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Batches;

/// <summary>The box that a verified message comes from.</summary>
public sealed record BoxRecord(string Tenant, Guid Box, string Site);

/// <summary>A registered key. Imported once, because that costs more than a check. Thread-safe.</summary>
internal sealed class BoxKey(BoxRecord box, byte[] publicKey, bool revoked)
{
    private readonly Lock _one = new();
    private ECDsa? _imported;

    public BoxRecord Box => box;

    public bool Revoked => revoked;

    /// <summary>Checks a signature; false for any malformed key or signature.</summary>
    public bool Verify(ReadOnlySpan<byte> body, string signature)
    {
        try
        {
            lock (_one) return BoxKeys.Verify(_imported ??= BoxKeys.Import(publicKey), body, signature);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }
}

/// <summary>Registered keys, kept for at most 30 s, so that a revocation holds within a minute. Thread-safe; bounded.</summary>
public sealed class BoxKeyCache(NpgsqlDataSource database, IClock clock)
{
    private const int MaxEntries = 20_000;
    private static readonly Duration Lifetime = Duration.FromSeconds(30);

    private readonly ConcurrentDictionary<(Guid Box, string KeyId), (BoxKey? Key, Instant Read)> _kept = new();

    internal async ValueTask<BoxKey?> FindAsync(Guid box, string keyId, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        if (_kept.TryGetValue((box, keyId), out var kept) && kept.Read <= now && now - kept.Read < Lifetime) return kept.Key;
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QueryFirstOrDefaultAsync<Row>(new CommandDefinition(
            """
            select k.tenant, b.site, k.public_key, k.revoked_at is not null as revoked from box_key k join box b on b.tenant = k.tenant and b.box = k.box
            where k.box = @box and k.key_id = @keyId
            """,
            new { box, keyId },
            cancellationToken: cancellation));
        var key = row is null ? null : new BoxKey(new BoxRecord(row.Tenant, box, row.Site), row.PublicKey, row.Revoked);
        if (_kept.Count >= MaxEntries) _kept.Clear();
        // What is unknown is not kept: a box may enrol in the next second.
        if (key is not null) _kept[(box, keyId)] = (key, now);
        return key;
    }

    private sealed record Row
    {
        public string Tenant { get; init; } = "";

        public string Site { get; init; } = "";

        public byte[] PublicKey { get; init; } = [];

        public bool Revoked { get; init; }
    }
}
