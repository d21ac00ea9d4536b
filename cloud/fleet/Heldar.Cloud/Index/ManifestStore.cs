using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Specialized;

namespace Heldar.Cloud.Index;

/// <summary>Reads manifests: all that search needs of their store.</summary>
public abstract class ManifestReader
{
    /// <summary>The manifest of a blob name that the index holds. Throws <see cref="InvalidDataException"/> when it is missing or was changed.</summary>
    public abstract Task<HourManifest> ReadAsync(string blob, byte[] root, CancellationToken cancellation);
}

/// <summary>Manifests in the <c>manifests</c> container of the storage account. Thread-safe.</summary>
public sealed class ManifestStore(string storage) : ManifestReader
{
    public const string Container = "manifests";

    private readonly BlobContainerClient _container = new(storage, Container, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2021_12_02));

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
