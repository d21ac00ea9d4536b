using System.Diagnostics;
using System.Threading.Channels;
using Heldar.Contracts.Events;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;

namespace Heldar.Edge.Indexer;

/// <summary>
/// Takes sealed segments to the index: row and outbox event in one transaction, in the order of sealing. While the database fails it waits and tries
/// again; what does not fit its queue is in the seal log and comes back at the next start. Thread-safe.
/// </summary>
internal sealed partial class IndexWriter : ISegmentSink, IAsyncDisposable
{
    private const int QueueLength = 10_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Channel<Entry> _queue = Channel.CreateBounded<Entry>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly CancellationTokenSource _stop = new();
    private readonly IStoreWriter _store;
    private readonly IOutbox _outbox;
    private readonly ILogger _log;
    private readonly Task _loop;
    private long _left;
    private int _waiting;
    private int _disposed;

    public IndexWriter(IStoreWriter store, IOutbox outbox, ILogger<IndexWriter> log)
    {
        (_store, _outbox, _log) = (store, outbox, log);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>Segments that the index will only learn of at the next start.</summary>
    public long LeftForRestart => Interlocked.Read(ref _left);

    /// <summary>Segments that the database has yet to take, those under way included.</summary>
    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>The index misses something that only the next start brings in: until then no mark says how far it reaches.</summary>
    public void LeaveForRestart() => Interlocked.Increment(ref _left);

    public void Closed(Volume volume, string sealHour, string relativePath, SegmentData data)
    {
        Interlocked.Increment(ref _waiting);
        if (_queue.Writer.TryWrite(new Entry(volume.Id, sealHour, relativePath, data, Activity.Current?.Context ?? default))) return;
        Interlocked.Decrement(ref _waiting);
        if (Interlocked.Increment(ref _left) == 1) LogFull(_log, QueueLength);
    }

    /// <summary>Writes what is in the queue, for at most 5 s while the database fails.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _queue.Writer.TryComplete();
        _stop.CancelAfter(TimeSpan.FromSeconds(5));
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        try
        {
            var group = new List<Entry>();
            while (await _queue.Reader.WaitToReadAsync(_stop.Token))
            {
                group.Clear();
                while (group.Count < 200 && _queue.Reader.TryRead(out var entry)) group.Add(entry);
                await WriteAsync(group);
                Interlocked.Add(ref _waiting, -group.Count);
            }
        }
        catch (OperationCanceledException)
        {
            LogStopped(_log, Waiting);
        }
    }

    private async Task WriteAsync(List<Entry> group)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _store.EnqueueAsync(
                    db =>
                    {
                        foreach (var entry in group)
                        {
                            using var span = IndexerTraces.Index(entry.Trace);
                            SegmentRows.Apply(db, _outbox, entry.Volume, entry.Path, entry.Data);
                        }

                        if (LeftForRestart == 0 && !_store.IsFilling) SegmentRows.Mark(db, group[^1].Volume, group[^1].Hour);
                    },
                    _stop.Token);
                return;
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                if (attempt == 1) LogFailed(_log, e, group.Count);
                await Task.Delay(Pause, _stop.Token);
            }
        }
    }

    private sealed record Entry(Guid Volume, string Hour, string Path, SegmentData Data, ActivityContext Trace);
}
