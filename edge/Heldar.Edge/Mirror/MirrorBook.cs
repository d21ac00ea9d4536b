using System.Collections.Concurrent;
using System.Threading.Channels;
using Heldar.Contracts.Events;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;

namespace Heldar.Edge.Mirror;

/// <summary>
/// Knows the copies: which are being written, and brings those that closed to the database. What does not fit its queue comes back from the mirror's seal log with
/// the next start. Thread-safe; what volumes' threads call does not block.
/// </summary>
internal sealed partial class MirrorBook : ISegmentSink, ISegmentOwner, IAsyncDisposable
{
    private const int QueueLength = 10_000;
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);
    private readonly Channel<(Guid Volume, string Hour, string Path, SegmentData Data)> _queue =
        Channel.CreateBounded<(Guid, string, string, SegmentData)>(new BoundedChannelOptions(QueueLength) { SingleReader = true });
    private readonly ConcurrentDictionary<Guid, Volume> _live = new();
    private readonly CancellationTokenSource _stop = new();
    private readonly IStoreWriter _store;
    private readonly ILogger _log;
    private readonly Task _loop;
    private int _disposed;
    private volatile bool _missed;

    public MirrorBook(IStoreWriter store, ILogger<MirrorBook> log)
    {
        (_store, _log) = (store, log);
        _loop = Task.Run(LoopAsync);
    }

    /// <summary>A copy begins.</summary>
    public void Begin(SegmentFile copy) => _live[copy.Label.Segment] = copy.Volume;

    /// <summary>Whether the copy is being written to this very volume, or has closed and is not in the database yet.</summary>
    public bool IsLive(Guid segment, Volume mirror) => _live.TryGetValue(segment, out var volume) && volume == mirror;

    public void Closed(Volume volume, string sealHour, string relativePath, SegmentData data)
    {
        if (_queue.Writer.TryWrite((volume.Id, sealHour, relativePath, data))) return;
        _live.TryRemove(data.Segment, out _);
        _missed = true;
    }

    public void Durable(SegmentFile file)
    {
    }

    public void Closed(SegmentFile file)
    {
    }

    public void Failed(SegmentFile file, string error)
    {
    }

    public void Abandoned(SegmentFile file) => _live.TryRemove(file.Label.Segment, out _);

    /// <summary>Writes what is in the queue, for at most 3 s while the database fails.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        _queue.Writer.TryComplete();
        _stop.CancelAfter(TimeSpan.FromSeconds(3));
        await _loop;
        _stop.Dispose();
    }

    private async Task LoopAsync()
    {
        try
        {
            List<(Guid Volume, string Hour, string Path, SegmentData Data)> group = [];
            while (await _queue.Reader.WaitToReadAsync(_stop.Token))
            {
                group.Clear();
                while (group.Count < 200 && _queue.Reader.TryRead(out var entry)) group.Add(entry);
                await WriteAsync(group);
                foreach (var entry in group) _live.TryRemove(entry.Data.Segment, out _);
            }
        }
        catch (OperationCanceledException)
        {
            // The next start reads the mirror's seal log.
        }
    }

    private async Task WriteAsync(List<(Guid Volume, string Hour, string Path, SegmentData Data)> group)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await _store.EnqueueAsync(
                    db =>
                    {
                        foreach (var entry in group) MirrorRows.Copied(db, entry.Data, entry.Path);
                        // What was missed is read again from the hour that is marked.
                        if (!_missed && !_store.IsFilling) Indexer.SegmentRows.Mark(db, group[^1].Volume, group[^1].Hour);
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

    [LoggerMessage(3100, LogLevel.Error, "{Count} copies could not be noted; they are tried again")]
    private static partial void LogFailed(ILogger log, Exception error, int count);
}
