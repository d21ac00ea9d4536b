using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Heldar.Cloud.Index;
using Heldar.Contracts.Queues;
using Heldar.Fleet.Settings;

namespace Heldar.Fleet.Shards;

/// <summary>
/// Creates the queues of this service's shards at start-up, each in its shard's account, and says when they are there. An account that does not answer is tried again with growing
/// pauses, from 1 s to 30 s; the fleet serves people meanwhile. Thread-safe.
/// </summary>
internal sealed partial class ShardProvisioner(FleetOptions options, ILogger<ShardProvisioner> log) : BackgroundService
{
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(30);

    /// <summary>What is still missing, for people; null when all queues exist.</summary>
    public string? Missing { get; private set; } = "the queues are not created yet";

    /// <summary>Creates what is missing. Throws <see cref="RequestFailedException"/> when the account does not answer.</summary>
    public async Task CreateAsync(CancellationToken cancellation)
    {
        foreach (string shard in options.Shards)
        {
            var service = new QueueServiceClient(options.StorageOf(shard), new QueueClientOptions(QueueClientOptions.ServiceVersion.V2021_02_12) { Retry = { MaxRetries = 0, NetworkTimeout = TimeSpan.FromSeconds(10) } });
            foreach (string queue in QueueNames.All)
            {
                string name = QueueNames.InShard(queue, shard);
                await service.GetQueueClient(name).CreateIfNotExistsAsync(cancellationToken: cancellation);
                await service.GetQueueClient(QueueNames.Poison(name)).CreateIfNotExistsAsync(cancellationToken: cancellation);
            }
        }

        var manifests = new BlobContainerClient(options.Storage, ManifestStore.Container, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2021_12_02) { Retry = { MaxRetries = 0, NetworkTimeout = TimeSpan.FromSeconds(10) } });
        await manifests.CreateIfNotExistsAsync(cancellationToken: cancellation);
        Missing = null;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var pause = TimeSpan.FromSeconds(1);
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await CreateAsync(stoppingToken);
                Ready(string.Join(',', options.Shards));
                return;
            }
            catch (Exception failure) when (failure is RequestFailedException or AggregateException or IOException or FormatException)
            {
                Missing = "the storage account does not take queues";
                NotYet(failure.Message.Split('\n')[0], pause.TotalSeconds);
            }

            await Task.Delay(pause, stoppingToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            pause = pause * 2 < MaxPause ? pause * 2 : MaxPause;
        }
    }
}
