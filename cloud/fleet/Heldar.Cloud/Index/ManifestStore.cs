using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;
using Heldar.Cloud.Storage;

namespace Heldar.Cloud.Index;

/// <summary>Reads manifests: all that search needs of their store.</summary>
public abstract class ManifestReader
{
    /// <summary>The manifest of a blob name that the index holds. Throws <see cref="InvalidDataException"/> when it is missing or was changed.</summary>
    public abstract Task<HourManifest> ReadAsync(string blob, byte[] root, CancellationToken cancellation);
}

/// <summary>Manifests in the <c>manifests</c> container of the storage account. Thread-safe.</summary>
public sealed class ManifestStore : ManifestReader
{
    public const string Container = "manifests";

    private readonly BlobContainerClient _container;

    /// <param name="storage">The account that holds them, with a key or for an identity.</param>
    public ManifestStore(StorageAccount storage)
    {
        ArgumentNullException.ThrowIfNull(storage);
        _container = storage.OpenBlobs().GetBlobContainerClient(Container);
    }

    /// <param name="storage">Azure Storage connection string with its key.</param>
    public ManifestStore(string storage)
        : this(StorageAccount.WithKey(storage))
    {
    }

    /// <summary>Writes a manifest under its content's name and returns name and root. Writing the same one again changes nothing.</summary>
    public async Task<(string Blob, byte[] Root)> WriteAsync(HourManifest manifest, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(manifest);
        var bytes = manifest.ToBytes();
        var root = HourManifest.RootOf(bytes);
        var name = manifest.BlobName(root);
        try
        {
            await PutAsync(name, bytes, cancellation);
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == "ContainerNotFound")
        {
            await _container.CreateIfNotExistsAsync(cancellationToken: cancellation);
            await PutAsync(name, bytes, cancellation);
        }

        return (name, root);
    }

    /// <summary>Deletes a manifest that nothing names any more; one that is gone already is no fault.</summary>
    internal async Task DeleteAsync(string blob, CancellationToken cancellation)
    {
        try
        {
            await _container.GetBlobClient(blob).DeleteIfExistsAsync(cancellationToken: cancellation);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            // So is its container.
        }
    }

    public override async Task<HourManifest> ReadAsync(string blob, byte[] root, CancellationToken cancellation)
    {
        try
        {
            using var content = (await _container.GetBlobClient(blob).DownloadStreamingAsync(cancellationToken: cancellation)).Value;
            if (content.Details.ContentLength > HourManifest.MaxBytes) throw new InvalidDataException($"manifest {blob} is larger than {HourManifest.MaxBytes} bytes");
            using var memory = new MemoryStream();
            await content.Content.CopyToAsync(memory, cancellation);
            return HourManifest.Parse(memory.ToArray(), root);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            throw new InvalidDataException($"manifest {blob} is missing from the storage account", missing);
        }
    }

    /// <summary>The hours of one page of all stored manifests, in the order of their names, and where the next page begins; null after the last.</summary>
    /// <param name="from">What the page before gave; null for the first.</param>
    /// <param name="size">Most manifests of the page, 1 to 5000.</param>
    /// <param name="cancellation">Gives up.</param>
    internal async Task<(IReadOnlyList<SpanKey> Hours, string? Next)> ListAsync(string? from, int size, CancellationToken cancellation)
    {
        try
        {
            await foreach (var page in _container.GetBlobsAsync(cancellationToken: cancellation).AsPages(from, size))
            {
                List<SpanKey> hours = [.. page.Values.Select(b => HourManifest.TryParseName(b.Name, out var key, out _) ? key : null).OfType<SpanKey>().Distinct()];
                return (hours, page.ContinuationToken is { Length: > 0 } next ? next : null);
            }
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            // Nothing was ever stored.
        }

        return ([], null);
    }

    /// <summary>All manifests that were ever stored of one hour, the oldest first.</summary>
    internal async Task<IReadOnlyList<(string Blob, byte[] Root)>> OfHourAsync(SpanKey key, CancellationToken cancellation)
    {
        List<(DateTimeOffset At, string Blob, byte[] Root)> all = [];
        await foreach (var blob in _container.GetBlobsAsync(prefix: HourManifest.Prefix(key), cancellationToken: cancellation))
            if (HourManifest.TryParseName(blob.Name, out _, out var root)) all.Add((blob.Properties.LastModified ?? DateTimeOffset.MinValue, blob.Name, root));
        return [.. all.OrderBy(m => m.At).ThenBy(m => m.Blob, StringComparer.Ordinal).Select(m => (m.Blob, m.Root))];
    }

    // StageBlock and CommitBlockList: the Upload calls of this SDK need an assembly that cannot be restored (see AzureStorage.props).
    private async Task PutAsync(string name, byte[] bytes, CancellationToken cancellation)
    {
        var blob = _container.GetBlockBlobClient(name);
        var block = Convert.ToBase64String("000000"u8);
        using var content = new MemoryStream(bytes);
        await blob.StageBlockAsync(block, content, cancellationToken: cancellation);
        await blob.CommitBlockListAsync([block], cancellationToken: cancellation);
    }
}
