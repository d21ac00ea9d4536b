using System.Text.Json;
using Heldar.Cloud.DeadLetters;
using Heldar.Contracts.Events;

namespace Heldar.Cloud.Batches;

/// <summary>A message that can never be applied, with its reason.</summary>
public sealed class RefusedException(string reason, string detail) : Exception(detail)
{
    /// <summary>One of <see cref="DeadLetterReasons"/>.</summary>
    public string Reason { get; } = reason;

    /// <summary>The box, once its signature was proven.</summary>
    public BoxRecord? Box { get; init; }

    /// <summary>Its staged body is not there: it never was, or its batch was applied before and the body was deleted then.</summary>
    public bool BodyIsGone { get; init; }
}

/// <summary>A batch whose signature was checked against the registered key.</summary>
public sealed record VerifiedBatch(BoxRecord Box, Envelope Envelope, BatchBody Body);

/// <summary>Checks messages from boxes. Thread-safe.</summary>
public sealed class BatchVerifier(BoxKeyCache keys, StagedBodies staged)
{
    /// <summary>
    /// The verified batch of a message. Throws <see cref="RefusedException"/> for what can never be applied; database and storage faults pass through as they are.
    /// </summary>
    public async Task<VerifiedBatch> VerifyAsync(ReadOnlyMemory<byte> message, CancellationToken cancellation) => await VerifyAsync(ParseEnvelope(message.Span), cancellation);

    /// <summary>The same for an envelope that was parsed already.</summary>
    public async Task<VerifiedBatch> VerifyAsync(Envelope envelope, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var key = await keys.FindAsync(envelope.Box, envelope.KeyId, cancellation)
            ?? throw new RefusedException(DeadLetterReasons.UnknownKey, $"no box {envelope.Box} with key {Cut(envelope.KeyId)} is registered");
        if (key.Revoked) throw new RefusedException(DeadLetterReasons.RevokedKey, $"key {Cut(envelope.KeyId)} of box {envelope.Box} was revoked");
        var bytes = envelope.Body is { } inline ? BatchBody.Bytes(inline) : await staged.FetchAsync(envelope, cancellation);
        if (!key.Verify(bytes, envelope.Sig)) throw new RefusedException(DeadLetterReasons.BadSignature, "the signature is not one of the registered key over this body");
        var body = ParseBody(bytes, key.Box);
        if (!body.Matches(envelope) || body.Tenant != key.Box.Tenant) throw new RefusedException(DeadLetterReasons.HeaderDiffers, "the signed body names another tenant, box, class, epoch or batchSeq than the envelope") { Box = key.Box };
        return new(key.Box, envelope, body);
    }

    private static Envelope ParseEnvelope(ReadOnlySpan<byte> message)
    {
        try
        {
            return Envelope.Parse(message);
        }
        catch (JsonException wrong)
        {
            throw new RefusedException(DeadLetterReasons.NotAnEnvelope, wrong.Message);
        }
    }

    private static BatchBody ParseBody(byte[] bytes, BoxRecord box)
    {
        try
        {
            return BatchBody.Parse(bytes);
        }
        catch (JsonException wrong)
        {
            throw new RefusedException(DeadLetterReasons.BadBody, wrong.Message) { Box = box };
        }
    }

    private static string Cut(string text) => text.Length <= 40 ? text : text[..40];
}
