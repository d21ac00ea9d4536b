using Azure.Core.Pipeline;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Azure.Storage.Sas;

namespace Heldar.Testing;

/// <summary>
/// Writes and looks at a storage account as others than the product do: staged bodies are put by plain HTTP with a right to create, as boxes put them. Thread-safe.
/// </summary>
/// <param name="connectionString">The account, with its key.</param>
/// <param name="trusting">A client that trusts the account's server, which the probe disposes of; null for one over http.</param>
public sealed class StorageProbe(string connectionString, HttpClient? trusting = null) : IDisposable
{
    private readonly HttpClient _http = trusting ?? new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>Puts a blob into a container, which is made when it is missing.</summary>
    public async Task PutBlobAsync(string container, string name, byte[] content)
    {
        var at = Container(container);
        await at.CreateIfNotExistsAsync();
        var right = new BlobSasBuilder(BlobContainerSasPermissions.Create, DateTimeOffset.UnixEpoch.AddYears(200)) { BlobContainerName = container, Resource = "c" };
        var signed = new UriBuilder(at.GenerateSasUri(right));
        signed.Path += "/" + name;
        using var body = new ByteArrayContent(content);
        body.Headers.Add("x-ms-blob-type", "BlockBlob");
        using var answer = await _http.PutAsync(signed.Uri, body);
        answer.EnsureSuccessStatusCode();
    }

    /// <summary>Whether a blob is there.</summary>
    public async Task<bool> HasBlobAsync(string container, string name) => await Container(container).GetBlobClient(name).ExistsAsync();

    /// <summary>When the message at a queue's front expires; null when none is visible.</summary>
    public async Task<DateTimeOffset?> FrontExpiresAsync(string queue) =>
        (await new QueueClient(connectionString, queue, new QueueClientOptions(QueueClientOptions.ServiceVersion.V2021_02_12) { Transport = new HttpClientTransport(_http) }).PeekMessageAsync()).Value?.ExpiresOn;

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private BlobContainerClient Container(string name) => new(connectionString, name, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2021_12_02) { Transport = new HttpClientTransport(_http) });
}
