using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Heldar.Cloud.DeadLetters;
using Heldar.Contracts.Events;
using Npgsql;

namespace Heldar.Cloud.Batches;

/// <summary>
/// Checks the cloud's own envelopes (<see cref="MendedBody"/>). It knows the cloud's keys alone, as <see cref="BatchVerifier"/> knows the boxes' alone: neither
/// takes what the other's signer signed. Thread-safe.
/// </summary>
public sealed class MendedVerifier(NpgsqlDataSource database)
{
    /// <summary>The verified order of an envelope. Throws <see cref="RefusedException"/> for what can never be applied; database faults pass through.</summary>
    public async Task<MendedBody> VerifyAsync(Envelope envelope, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        if (envelope.Body is not { } text) throw new RefusedException(DeadLetterReasons.NotAnEnvelope, "an internal envelope holds its body");
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var key = await connection.QuerySingleOrDefaultAsync<byte[]>(new CommandDefinition(
            "select public_key from cloud_key where key_id = @KeyId and retired_at is null", new { envelope.KeyId }, cancellationToken: cancellation));
        if (key is null) throw new RefusedException(DeadLetterReasons.UnknownKey, "the cloud has no such key: boxes' messages are not taken here");
        var bytes = BatchBody.Bytes(text);
        if (!IsSigned(key, bytes, envelope.Sig)) throw new RefusedException(DeadLetterReasons.BadSignature, "the signature is not one of the cloud's key over this body");
        var body = Parse(bytes);
        return body.Matches(envelope) ? body : throw new RefusedException(DeadLetterReasons.HeaderDiffers, "the signed body names another letter or round than the envelope");
    }

    private static bool IsSigned(byte[] key, byte[] body, string signature)
    {
        try
        {
            using var imported = BoxKeys.Import(key);
            return BoxKeys.Verify(imported, body, signature);
        }
        catch (CryptographicException)
        {
            return false;
        }
    }

    private static MendedBody Parse(byte[] bytes)
    {
        try
        {
            return MendedBody.Parse(bytes);
        }
        catch (JsonException wrong)
        {
            throw new RefusedException(DeadLetterReasons.BadBody, wrong.Message);
        }
    }
}
