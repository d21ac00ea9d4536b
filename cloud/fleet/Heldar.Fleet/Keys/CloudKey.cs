using System.Security.Cryptography;
using Dapper;
using Heldar.Contracts.Events;
using Microsoft.AspNetCore.DataProtection;
using Npgsql;

namespace Heldar.Fleet.Keys;

/// <summary>
/// The cloud's own P-256 key. The first replica that signs makes it; the private half is sealed with the data protection keys, so functions, which read the
/// same database, can check but not sign. Thread-safe.
/// </summary>
internal sealed class CloudKey(NpgsqlDataSource database, IDataProtectionProvider protection)
{
    private readonly IDataProtector _seal = protection.CreateProtector("heldar.cloud-key");

    /// <summary>Signs bytes (ECDSA P-256 with SHA-256, P1363, base64) and says with which key.</summary>
    public async Task<(string KeyId, string Signature)> SignAsync(byte[] body, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended('heldar-cloud-key', 0))", transaction: transaction, cancellationToken: cancellation));
        var kept = await connection.QueryAsync<(string KeyId, byte[] PrivateKey)>(new CommandDefinition(
            "select key_id, private_key from cloud_key where retired_at is null order by created_at desc", transaction: transaction, cancellationToken: cancellation));
        foreach (var (keyId, closed) in kept)
        {
            if (Open(closed) is not { } opened) continue;
            using (opened) return (keyId, BoxKeys.Sign(opened, body));
        }

        using var key = BoxKeys.Create();
        var publicKey = key.ExportSubjectPublicKeyInfo();
        await connection.ExecuteAsync(new CommandDefinition(
            "insert into cloud_key (key_id, public_key, private_key) values (@id, @publicKey, @privateKey)",
            new { id = BoxKeys.KeyId(publicKey), publicKey, privateKey = _seal.Protect(key.ExportPkcs8PrivateKey()) },
            transaction,
            cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
        return (BoxKeys.KeyId(publicKey), BoxKeys.Sign(key, body));
    }

    /// <summary>Null when the data protection keys that sealed it are gone.</summary>
    private ECDsa? Open(byte[] sealedKey)
    {
        var key = ECDsa.Create();
        try
        {
            key.ImportPkcs8PrivateKey(_seal.Unprotect(sealedKey), out _);
            return key;
        }
        catch (CryptographicException)
        {
            key.Dispose();
            return null;
        }
    }
}
