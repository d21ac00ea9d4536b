using System.Security.Cryptography;
using Azure;
using Azure.Storage.Blobs;
using Heldar.Cloud.Storage;
using Heldar.Contracts.Events;

namespace Heldar.Cloud.Batches;

/// <summary>
/// Fetches bodies that were too large for a message: only from the box's own staging container of the configured account, never from an address that a
/// message names, at most <see cref="Envelope.MaxStagedBytes"/>, and only what hashes to the blob's name. Thread-safe.
/// </summary>
public sealed class StagedBodies
{
    private readonly BlobServiceClient _blobs;

    /// <param name="storage">The account of the boxes' shard, with a key or for an identity.</param>
    public StagedBodies(StorageAccount storage)
    {
        ArgumentNullException.ThrowIfNull(storage);
        _blobs = storage.OpenBlobs();
    }

    /// <param name="storage">Azure Storage connection string with its key.</param>
    public StagedBodies(string storage)
        : this(StorageAccount.WithKey(storage))
    {
    }

    /// <summary>Name of a box's staging container.</summary>
    public static string ContainerOf(Guid box) => $"staging-{box:N}";

    /// <summary>The body. Throws <see cref="RefusedException"/> when it can never be had; storage faults pass through.</summary>
    public async Task<byte[]> FetchAsync(Envelope envelope, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        var hash = envelope.BodySha256!;
        if (!EventRules.IsSha256(hash) || envelope.BodyUrl != $"{ContainerOf(envelope.Box)}/{hash}")
            throw new RefusedException(DeadLetters.DeadLetterReasons.BadStagedBody, "bodyUrl must be the box's own staging container and the body's SHA-256");
        try
        {
            using var content = (await _blobs.GetBlobContainerClient(ContainerOf(envelope.Box)).GetBlobClient(hash).DownloadStreamingAsync(cancellationToken: cancellation)).Value;
            if (content.Details.ContentLength > Envelope.MaxStagedBytes) throw new RefusedException(DeadLetters.DeadLetterReasons.TooLarge, $"the staged body has {content.Details.ContentLength} bytes, at most {Envelope.MaxStagedBytes} are taken");
            using var memory = new MemoryStream((int)content.Details.ContentLength);
            await content.Content.CopyToAsync(memory, cancellation);
            var bytes = memory.ToArray();
            return Convert.ToHexStringLower(SHA256.HashData(bytes)) == hash ? bytes : throw new RefusedException(DeadLetters.DeadLetterReasons.BadStagedBody, "the staged body does not hash to its name");
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            throw new RefusedException(DeadLetters.DeadLetterReasons.BadStagedBody, "the staged body is not there") { BodyIsGone = true };
        }
    }

    /// <summary>Deletes the body of a batch that is decided, if it has a staged one; one that is gone already is no fault. Storage faults pass through.</summary>
    public async Task DeleteAsync(Envelope envelope, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        if (envelope.BodySha256 is not { } hash || !EventRules.IsSha256(hash) || envelope.BodyUrl != $"{ContainerOf(envelope.Box)}/{hash}") return;
        try
        {
            await _blobs.GetBlobContainerClient(ContainerOf(envelope.Box)).GetBlobClient(hash).DeleteIfExistsAsync(cancellationToken: cancellation);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            // Its container is gone, too.
        }
    }
}
