using System.Text.Json;
using NodaTime;

namespace Heldar.Contracts.Events;

/// <summary>
/// The signed content of the cloud's own envelope: a person sends a dead letter again, perhaps mended. It names the letter and the SHA-256 of what shall be
/// applied; the bytes lie in the database. Signed by the cloud's key, never by a box's, and taken from queue <c>mended</c> only, for which no box has a SAS.
/// </summary>
public sealed record MendedBody
{
    /// <summary>What the signature is for; a signature for something else cannot pass as this.</summary>
    public const string ThisPurpose = "heldar.mended.v1";

    public required string Purpose { get; init; }

    /// <summary>The letter's tenant, <c>-</c> when the message proved none.</summary>
    public required string Tenant { get; init; }

    public required Guid Letter { get; init; }

    /// <summary>Counts the letter's re-drives from 1.</summary>
    public required long Round { get; init; }

    /// <summary>SHA-256 of the bytes to apply, lower-case hex.</summary>
    public required string Sha256 { get; init; }

    /// <summary>The person.</summary>
    public required string MendedBy { get; init; }

    public required Instant MendedAt { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HeldarJson.Options);

    /// <summary>Reads a body. Throws <see cref="JsonException"/> for anything that is not one.</summary>
    public static MendedBody Parse(ReadOnlySpan<byte> utf8)
    {
        var body = JsonSerializer.Deserialize<MendedBody>(utf8, HeldarJson.Options) ?? throw new JsonException("a body must be a JSON object");
        return body.Purpose == ThisPurpose ? body : throw new JsonException($"the purpose is not {ThisPurpose}");
    }

    /// <summary>Whether the unsigned header says the same: epoch is the letter, batchSeq the round.</summary>
    public bool Matches(Envelope envelope)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        return envelope.Epoch == Letter.ToString("N") && envelope.BatchSeq == Round;
    }
}
