using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Azure.Storage.Sas;
using Heldar.Cloud.Batches;
using Heldar.Contracts.Api;
using Heldar.Contracts.Queues;
using Heldar.Fleet.Settings;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Boxes;

/// <summary>
/// What a box may do with its shard's storage account for the next hour: add messages to its shard's queues and create blobs in its own container, nothing else.
/// Thread-safe.
/// </summary>
internal sealed class BoxGrants(FleetOptions options, NpgsqlDataSource database, IClock clock)
{
    public static readonly Duration Lifetime = Duration.FromMinutes(60);

    /// <summary>A box's clock may be behind the account's.</summary>
    private static readonly Duration Backdate = Duration.FromMinutes(15);

    public async Task<SasGrant> CreateAsync(string tenant, Guid box, string shard, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        var expires = now + Lifetime;
        var account = new QueueServiceClient(options.StorageOf(shard), new QueueClientOptions(QueueClientOptions.ServiceVersion.V2021_02_12));
        var queues = QueueNames.FromBoxes.ToDictionary(
            queue => queue,
            queue => Sign(account.GetQueueClient(QueueNames.InShard(queue, shard)), now, expires).AbsoluteUri,
            StringComparer.Ordinal);
        string staging = await StagingAsync(box, shard, now, expires, cancellation);
        return new SasGrant(shard, queues, staging, now, expires, await WatermarksAsync(tenant, box, cancellation));
    }

    public Task<IReadOnlyList<Watermark>> WatermarksAsync(string tenant, Guid box, CancellationToken cancellation) =>
        Watermarks.ReadAsync(database, tenant, box, cancellation);

    private static Uri Sign(QueueClient queue, Instant now, Instant expires)
    {
        var sas = new QueueSasBuilder(QueueSasPermissions.Add, expires.ToDateTimeOffset()) { QueueName = queue.Name, StartsOn = (now - Backdate).ToDateTimeOffset() };
        return queue.GenerateSasUri(sas);
    }

    private async Task<Uri> StagingUriAsync(Guid box, string shard, Instant now, Instant expires, CancellationToken cancellation)
    {
        var container = new BlobContainerClient(options.StorageOf(shard), $"staging-{box:N}", new BlobClientOptions(BlobClientOptions.ServiceVersion.V2021_12_02) { Retry = { MaxRetries = 1, NetworkTimeout = TimeSpan.FromSeconds(10) } });
        await container.CreateIfNotExistsAsync(cancellationToken: cancellation);
        var sas = new BlobSasBuilder(BlobContainerSasPermissions.Create, expires.ToDateTimeOffset())
        {
            BlobContainerName = container.Name,
            Resource = "c",
            StartsOn = (now - Backdate).ToDateTimeOffset(),
        };
        return container.GenerateSasUri(sas);
    }

    private async Task<string> StagingAsync(Guid box, string shard, Instant now, Instant expires, CancellationToken cancellation) =>
        (await StagingUriAsync(box, shard, now, expires, cancellation)).AbsoluteUri;
}
