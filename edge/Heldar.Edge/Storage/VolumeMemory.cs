using Heldar.Edge.Seals;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>
/// What the box remembers of its volumes: read from the database once, kept here, and written back without anyone waiting, so that a database that fails or does
/// not answer keeps no volume from coming or going. Thread-safe.
/// </summary>
internal sealed partial class VolumeMemory(IStoreWriter store, IStoreReader reader, ILogger log)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, SealHead?> _noted = [];
    private volatile IReadOnlyList<KnownVolume>? _known;
    private Task<IReadOnlyList<KnownVolume>>? _asking;
    private Task _noting = Task.CompletedTask;
    private IReadOnlyList<KnownVolume> _writing = [];

    /// <summary>All known volumes, the newest last; null while the database does not tell.</summary>
    /// <param name="patience">How long to wait for the first answer; a question that is under way already is not waited for.</param>
    /// <param name="cancellation">Gives up.</param>
    public async Task<IReadOnlyList<KnownVolume>?> KnownAsync(TimeSpan patience, CancellationToken cancellation)
    {
        if (_known is { } known) return known;
        bool begun;
        Task<IReadOnlyList<KnownVolume>> asking;
        lock (_lock)
        {
            begun = _asking is null;
            asking = _asking ??= Task.Run(() => reader.ReadAsync(VolumeRows.Read, CancellationToken.None), CancellationToken.None);
        }

        if (!begun && !asking.IsCompleted) return null;
        try
        {
            var answer = await asking.WaitAsync(patience, cancellation);
            lock (_lock) return _known ??= answer;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            // One that never answers stays asked: its answer is taken when it comes.
            lock (_lock)
                if (asking.IsCompleted && _asking == asking) _asking = null;
            LogUnknown(log, e);
            return null;
        }
    }

    /// <summary>Its head is written again although it may not have changed.</summary>
    public void Forget(Guid volume)
    {
        lock (_lock) _noted.Remove(volume);
    }

    /// <summary>Remembers the volumes as they are and begins to write what changed; while the last writing lasts, nothing is begun.</summary>
    public void Note(IReadOnlyList<KnownVolume> volumes, Instant now)
    {
        lock (_lock)
        {
            if (_known is { } known) _known = [.. known.Where(k => volumes.All(v => v.Id != k.Id)), .. volumes];
            if (!_noting.IsCompleted) return;
            if (_noting.IsCompletedSuccessfully)
                foreach (var written in _writing) _noted[written.Id] = written.Head;
            else LogNotNoted(log, _noting.Exception);
            var changed = volumes.Where(v => !_noted.TryGetValue(v.Id, out var head) || head != v.Head).ToList();
            _writing = changed;
            _noting = changed.Count == 0 ? Task.CompletedTask : Task.Run(() => WriteAsync(changed, now), CancellationToken.None);
        }
    }

    /// <summary>Waits for what is being written, but not longer than this.</summary>
    public Task EndAsync(TimeSpan patience) => _noting.WaitAsync(patience).ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);

    private Task WriteAsync(List<KnownVolume> changed, Instant now) => store.EnqueueAsync(db =>
    {
        foreach (var volume in changed) VolumeRows.Put(db, volume, now);
    });

    [LoggerMessage(2710, LogLevel.Error, "The database does not tell which volumes this box has; until it does, only disks with an identity are taken")]
    private static partial void LogUnknown(ILogger log, Exception error);

    [LoggerMessage(2711, LogLevel.Warning, "How far the seal logs reach could not be noted; it is tried again")]
    private static partial void LogNotNoted(ILogger log, Exception? error);
}
