using System.Text;
using System.Text.Json;

namespace Heldar.Contracts.Events;

/// <summary>
/// The outer form of every queue message, as UTF-8 JSON. The queue message is the base64 of these bytes (dataType binary in function.json).
/// Exactly one of <see cref="Body"/> and <see cref="BodyUrl"/> is set.
/// </summary>
public sealed record Envelope
{
    /// <summary>Largest envelope in bytes before base64 (a queue message holds 64 KiB after it).</summary>
    public const int MaxBytes = 47 * 1024;

    /// <summary>Largest body in bytes that a staging blob may carry.</summary>
    public const int MaxStagedBytes = 8 * 1024 * 1024;

    public required string Tenant { get; init; }

    public required Guid Box { get; init; }

    /// <summary>Thumbprint of the public key that verifies <see cref="Sig"/>: see <see cref="BoxKeys.KeyId"/>.</summary>
    public required string KeyId { get; init; }

    public required EventClass Class { get; init; }

    /// <summary>Random id minted whenever the box's outbox is created anew; 32 hex digits.</summary>
    public required string Epoch { get; init; }

    /// <summary>Counts batches of (box, class) within an epoch, from 1.</summary>
    public required long BatchSeq { get; init; }

    /// <summary>The exact text whose UTF-8 bytes are signed: JSON of <see cref="BatchBody"/>.</summary>
    public string? Body { get; init; }

    /// <summary>Path of a staging blob (container/blob, no query) that holds the body; the blob's name is the body's SHA-256.</summary>
    public string? BodyUrl { get; init; }

    /// <summary>SHA-256 of the staged body, lower-case hex; set with <see cref="BodyUrl"/>.</summary>
    public string? BodySha256 { get; init; }

    /// <summary>Base64 ECDSA P-256 signature with SHA-256, IEEE P1363 form (64 bytes), over the body bytes.</summary>
    public required string Sig { get; init; }

    /// <summary>How often a handler put this message back as a delayed copy; absent on the box's own put. Not signed, never trusted for anything but back-off.</summary>
    public int? Attempt { get; init; }

    /// <summary>When the first attempt was made; set by handlers with <see cref="Attempt"/>.</summary>
    public NodaTime.Instant? FirstSeen { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HeldarJson.Options);

    /// <summary>Reads an envelope. Throws <see cref="JsonException"/> for anything that is not one.</summary>
    public static Envelope Parse(ReadOnlySpan<byte> utf8)
    {
        if (utf8.Length > MaxBytes * 2) throw new JsonException($"an envelope holds at most {MaxBytes} bytes, this one has {utf8.Length}");
        var envelope = JsonSerializer.Deserialize<Envelope>(utf8, HeldarJson.Options) ?? throw new JsonException("an envelope must be a JSON object");
        if (envelope.Body is null == envelope.BodyUrl is null) throw new JsonException("an envelope has either body or bodyUrl");
        if (envelope.BodyUrl is not null && envelope.BodySha256 is null) throw new JsonException("bodyUrl needs bodySha256");
        if (envelope.BatchSeq < 1) throw new JsonException("batchSeq counts from 1");
        if (!Names.IsSlug(envelope.Tenant)) throw new JsonException("tenant is not a name");
        if (envelope.KeyId.Length != 32 || !envelope.KeyId.All(char.IsAsciiHexDigitLower)) throw new JsonException("keyId must be 32 lower-case hex digits");
        if (envelope.Epoch.Length != 32 || !envelope.Epoch.All(char.IsAsciiHexDigitLower)) throw new JsonException("epoch must be 32 lower-case hex digits");
        return envelope;
    }
}

/// <summary>
/// The signed content of an envelope. It repeats the envelope's header, so that the header is under the signature too; a handler refuses a difference.
/// </summary>
public sealed record BatchBody
{
    /// <summary>Most events in one batch.</summary>
    public const int MaxEvents = 1000;

    public required string Tenant { get; init; }

    public required Guid Box { get; init; }

    public required EventClass Class { get; init; }

    public required string Epoch { get; init; }

    public required long BatchSeq { get; init; }

    public required IReadOnlyList<CloudEvent> Events { get; init; }

    public byte[] ToBytes() => JsonSerializer.SerializeToUtf8Bytes(this, HeldarJson.Options);

    /// <summary>Reads a body. Throws <see cref="JsonException"/> for anything that is not one.</summary>
    public static BatchBody Parse(ReadOnlySpan<byte> utf8)
    {
        var body = JsonSerializer.Deserialize<BatchBody>(utf8, HeldarJson.Options) ?? throw new JsonException("a body must be a JSON object");
        if (body.Events.Count is 0 or > MaxEvents) throw new JsonException($"a batch holds 1 to {MaxEvents} events, this one has {body.Events.Count}");
        if (body.Events.Any(e => e is null)) throw new JsonException("an event must be a JSON object");
        return body;
    }

    /// <summary>Whether the unsigned header says the same as the signed body.</summary>
    public bool Matches(Envelope envelope) =>
        envelope.Tenant == Tenant && envelope.Box == Box && envelope.Class == Class && envelope.Epoch == Epoch && envelope.BatchSeq == BatchSeq;

    /// <summary>The bytes of an inline body.</summary>
    public static byte[] Bytes(string body) => Encoding.UTF8.GetBytes(body);
}
