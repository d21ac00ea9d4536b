using System.Text.Json;
using Azure;
using Azure.Storage.Blobs;
using Azure.Storage.Blobs.Models;
using Azure.Storage.Blobs.Specialized;
using Heldar.Contracts;

namespace Heldar.Local.FunctionsHost;

/// <summary>The blobs behind one timer: its lock (60 s lease) and its status, in the container that the real host uses. Used by one listener.</summary>
internal sealed class TimerBlobs(string storage, string hostId, string function)
{
    private const string Container = "azure-webjobs-hosts";
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(60);

    private readonly BlobContainerClient _container = new(storage, Container, new BlobClientOptions(BlobClientOptions.ServiceVersion.V2021_12_02) { Retry = { MaxRetries = 1, NetworkTimeout = TimeSpan.FromSeconds(15) } });
    private BlobLeaseClient? _lease;

    private BlockBlobClient Lock => _container.GetBlockBlobClient($"locks/{hostId}/{function}.Listener");

    private BlockBlobClient Status => _container.GetBlockBlobClient($"timers/{hostId}/{function}/status");

    /// <summary>True when this host holds the lock now.</summary>
    public async Task<bool> TryLeaseAsync(CancellationToken cancellation)
    {
        await _container.CreateIfNotExistsAsync(cancellationToken: cancellation);
        if (!await Lock.ExistsAsync(cancellation)) await PutAsync(Lock, [], cancellation);
        var lease = Lock.GetBlobLeaseClient();
        try
        {
            await lease.AcquireAsync(LeaseTime, cancellationToken: cancellation);
            _lease = lease;
            return true;
        }
        catch (RequestFailedException taken) when (taken.ErrorCode == BlobErrorCode.LeaseAlreadyPresent)
        {
            return false;
        }
    }

    /// <summary>Renews the lock; false when it is lost.</summary>
    public async Task<bool> RenewAsync()
    {
        try
        {
            if (_lease is null) return false;
            await _lease.RenewAsync();
            return true;
        }
        catch (RequestFailedException lost) when (lost.Status is 404 or 409 or 412)
        {
            _lease = null;
            return false;
        }
    }

    /// <summary>Gives the lock back; another host need not wait for its end.</summary>
    public async Task ReleaseAsync()
    {
        if (_lease is null) return;
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(3));
        try
        {
            await _lease.ReleaseAsync(cancellationToken: limit.Token);
        }
        catch (Exception fault) when (fault is RequestFailedException or AggregateException or OperationCanceledException)
        {
            // It ends by itself within a minute.
        }
    }

    public async Task<TimerStatus?> ReadAsync(CancellationToken cancellation)
    {
        try
        {
            using var content = (await Status.DownloadStreamingAsync(cancellationToken: cancellation)).Value;
            return await JsonSerializer.DeserializeAsync<TimerStatus>(content.Content, HeldarJson.Options, cancellation);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
        catch (JsonException)
        {
            return null;
        }
    }

    public Task WriteAsync(TimerStatus status, CancellationToken cancellation) => PutAsync(Status, JsonSerializer.SerializeToUtf8Bytes(status, HeldarJson.Options), cancellation);

    private static async Task PutAsync(BlockBlobClient blob, byte[] bytes, CancellationToken cancellation)
    {
        if (bytes.Length == 0)
        {
            await blob.CommitBlockListAsync([], cancellationToken: cancellation);
            return;
        }

        var block = Convert.ToBase64String("000000"u8);
        using var content = new MemoryStream(bytes);
        await blob.StageBlockAsync(block, content, cancellationToken: cancellation);
        await blob.CommitBlockListAsync([block], cancellationToken: cancellation);
    }
}
