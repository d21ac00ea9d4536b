using System.Collections.Concurrent;
using System.Collections.Frozen;
using Azure;
using Azure.Storage.Queues;
using Azure.Storage.Queues.Models;
using Heldar.Cloud.Storage;
using Heldar.Contracts.Queues;
using NodaTime;

namespace Heldar.Cloud.Queues;

/// <summary>A received message with its lease.</summary>
/// <param name="Id">Message id.</param>
/// <param name="PopReceipt">Proof of the lease; changes with each renewal.</param>
/// <param name="DequeueCount">From 1.</param>
/// <param name="Text">The message text as it lies in the queue (base64).</param>
public sealed record LeasedMessage(string Id, string PopReceipt, long DequeueCount, string Text)
{
    /// <summary>When the queue took it, by the queue's clock.</summary>
    public DateTimeOffset? Inserted { get; init; }
}

/// <summary>A message at a queue's front, seen without taking it.</summary>
/// <param name="InsertedAt">When this copy was put.</param>
/// <param name="Text">The message text as it lies in the queue (base64).</param>
public sealed record PeekedText(Instant InsertedAt, string Text);

/// <summary>
/// The queues of one storage account, or of several: a queue whose shard has an account of its own is there, every other one is in the common account. Messages
/// carry base64 of exact bytes and never expire. Thread-safe.
/// </summary>
public sealed class QueueStore
{
    /// <summary>Every put carries it: the default would delete a message after 7 days.</summary>
    private static readonly TimeSpan Never = TimeSpan.FromSeconds(-1);

    private readonly QueueServiceClient _common;
    private readonly Dictionary<string, QueueServiceClient> _shards = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, QueueClient> _queues = new(StringComparer.Ordinal);

    /// <param name="storage">Azure Storage connection string of the common account.</param>
    /// <param name="shards">Connection strings of the shards that have their own; null for none.</param>
    public QueueStore(string storage, IReadOnlyDictionary<string, string>? shards = null)
    {
        _common = StorageAccount.WithKey(storage).OpenQueues();
        foreach (var (shard, own) in shards ?? FrozenDictionary<string, string>.Empty) _shards[shard] = StorageAccount.WithKey(own).OpenQueues();
    }

    /// <param name="storage">The one account that all queues are in, with a key or for an identity.</param>
    public QueueStore(StorageAccount storage)
    {
        ArgumentNullException.ThrowIfNull(storage);
        _common = storage.OpenQueues();
    }

    /// <summary>Puts bytes; they become visible after <paramref name="delay"/> (0 to 7 days).</summary>
    public Task SendAsync(string queue, ReadOnlyMemory<byte> body, TimeSpan delay, CancellationToken cancellation) =>
        Queue(queue).SendMessageAsync(Convert.ToBase64String(body.Span), delay, Never, cancellation);

    /// <summary>Leases up to 32 messages.</summary>
    public async Task<IReadOnlyList<LeasedMessage>> ReceiveAsync(string queue, int most, TimeSpan lease, CancellationToken cancellation)
    {
        QueueMessage[] messages = await Queue(queue).ReceiveMessagesAsync(Math.Clamp(most, 1, 32), lease, cancellation);
        return [.. messages.Select(m => new LeasedMessage(m.MessageId, m.PopReceipt, m.DequeueCount, m.Body.ToString()) { Inserted = m.InsertedOn })];
    }

    /// <summary>Extends a lease (or, with a short time, gives the message back) and returns the new receipt.</summary>
    public async Task<string> RenewAsync(string queue, LeasedMessage message, TimeSpan visibleAfter, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(message);
        return (await Queue(queue).UpdateMessageAsync(message.Id, message.PopReceipt, message.Text, visibleAfter, cancellation)).Value.PopReceipt;
    }

    public Task DeleteAsync(string queue, string id, string popReceipt, CancellationToken cancellation) => Queue(queue).DeleteMessageAsync(id, popReceipt, cancellation);

    /// <summary>
    /// Copies a message's text to the poison queue. It stays until it is filed. Only a queue that is missing is made, as the Functions host does: where it is there, no right
    /// to make one is needed.
    /// </summary>
    public async Task SendPoisonAsync(string poisonQueue, string text, CancellationToken cancellation)
    {
        var queue = Queue(poisonQueue);
        try
        {
            await queue.SendMessageAsync(text, TimeSpan.Zero, Never, cancellation);
        }
        catch (RequestFailedException missing) when (missing.ErrorCode == "QueueNotFound")
        {
            await queue.CreateIfNotExistsAsync(cancellationToken: cancellation);
            await queue.SendMessageAsync(text, TimeSpan.Zero, Never, cancellation);
        }
    }

    /// <summary>Leases up to 32 messages as <see cref="ReceiveAsync"/> does; none when there is no such queue.</summary>
    public async Task<IReadOnlyList<LeasedMessage>> TryReceiveAsync(string queue, int most, TimeSpan lease, CancellationToken cancellation)
    {
        try
        {
            return await ReceiveAsync(queue, most, lease, cancellation);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return [];
        }
    }

    public Task CreateAsync(string queue, CancellationToken cancellation) => Queue(queue).CreateIfNotExistsAsync(cancellationToken: cancellation);

    /// <summary>Messages in the queue, leased ones included.</summary>
    public async Task<int> CountAsync(string queue, CancellationToken cancellation) => (await Queue(queue).GetPropertiesAsync(cancellation)).Value.ApproximateMessagesCount;

    /// <summary>Messages in the queue as <see cref="CountAsync"/> counts them; null when there is no such queue.</summary>
    public async Task<int?> TryCountAsync(string queue, CancellationToken cancellation)
    {
        try
        {
            return await CountAsync(queue, cancellation);
        }
        catch (RequestFailedException missing) when (missing.Status == 404)
        {
            return null;
        }
    }

    /// <summary>The message at the front; null when none is visible: leased messages and those put with a delay are not.</summary>
    public async Task<PeekedText?> PeekAsync(string queue, CancellationToken cancellation)
    {
        PeekedMessage? front = await Queue(queue).PeekMessageAsync(cancellation);
        return front is null ? null : new(Instant.FromDateTimeOffset(front.InsertedOn ?? DateTimeOffset.UnixEpoch), front.Body.ToString());
    }

    /// <summary>Names of the queues that begin with a text in all accounts, at most <paramref name="most"/>.</summary>
    public async Task<IReadOnlyList<string>> NamesAsync(string prefix, int most, CancellationToken cancellation)
    {
        SortedSet<string> names = new(StringComparer.Ordinal);
        foreach (var account in _shards.Values.Prepend(_common))
        {
            await foreach (var queue in account.GetQueuesAsync(prefix: prefix, cancellationToken: cancellation))
            {
                if (names.Count == most) return [.. names];
                names.Add(queue.Name);
            }
        }

        return [.. names];
    }

    private QueueClient Queue(string name) => _queues.GetOrAdd(name, n => (QueueNames.ShardOf(n) is { } shard ? _shards.GetValueOrDefault(shard, _common) : _common).GetQueueClient(n));
}
