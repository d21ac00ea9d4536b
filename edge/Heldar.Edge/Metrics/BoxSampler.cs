using System.Data.Common;
using Dapper;
using Heldar.Contracts;
using Heldar.Edge.Cameras;
using Heldar.Edge.Health;
using Heldar.Edge.Mirror;
using Heldar.Edge.Recovery;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Metrics;

/// <summary>
/// Asks the rooms what they are, at most once a second, whoever wants to know. Reads kept counters only, so that a scrape costs the same on a full
/// disk as on an empty one; a database that fails costs its own numbers and nothing else. Thread-safe.
/// </summary>
internal sealed class BoxSampler(CameraRegistry cameras, VolumeWriters volumes, MirrorState mirror, IStoreReader store, BoxGauges gauges, IClock clock) : IDisposable
{
    private static readonly Duration Fresh = Duration.FromSeconds(1);
    private static readonly TimeSpan StorePatience = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile BoxSample _newest = BoxSample.Empty;
    private IReadOnlyDictionary<Guid, long> _aside = new Dictionary<Guid, long>();
    private Task<Dictionary<Guid, long>>? _measuring;

    public BoxSample Newest => _newest;

    public async Task<BoxSample> TakeAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            var now = clock.GetCurrentInstant();
            if (_newest.Time <= now && now - _newest.Time < Fresh) return _newest;
            var (free, total) = gauges.Disks();
            List<VolumeWriter> writers = [.. volumes.All, .. volumes.Mirror is { } copies ? [copies] : Array.Empty<VolumeWriter>()];
            await MeasureAsideAsync([.. writers.Select(w => w.Volume)], cancellation);
            var before = _newest with
            {
                Time = now,
                Cameras = [.. await cameras.ObserveAsync(cancellation)],
                Mirror = mirror.Newest,
                Volumes = [.. writers.Select(v => new VolumeSample(v.Name, v.FreeBytes, v.QueuedBytes, v.Failure is null, _aside.GetValueOrDefault(v.Volume.Id)))],
                DiskFree = free,
                DiskTotal = total,
            };
            return _newest = await ReadStoreAsync(before, now, cancellation);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    /// <summary>A disk that hangs costs the wait once: until it answers nobody asks again.</summary>
    private async Task MeasureAsideAsync(List<Volume> of, CancellationToken cancellation)
    {
        if (_measuring is { IsCompleted: false }) return;
        _measuring = Task.Run(() => of.DistinctBy(v => v.Id).ToDictionary(v => v.Id, Quarantine.Bytes), CancellationToken.None);
        try
        {
            _aside = await _measuring.WaitAsync(StorePatience, cancellation);
        }
        catch (TimeoutException)
        {
            // What was known last stands.
        }
    }

    private async Task<BoxSample> ReadStoreAsync(BoxSample before, Instant now, CancellationToken cancellation)
    {
        try
        {
            var kept = await store.ReadAsync(Read, cancellation).WaitAsync(StorePatience, cancellation);
            return before with
            {
                StoreAnswers = true,
                Segments = kept.Segments,
                SegmentBytes = kept.Bytes,
                OutboxEvents = kept.Events,
                OutboxBatches = kept.Batches,
                OutboxAge = kept.Oldest is { } oldest ? Duration.Max(now - oldest, Duration.Zero) : Duration.Zero,
            };
        }
        catch (Exception e) when (e is DbException or TimeoutException)
        {
            return before with { StoreAnswers = false };
        }
    }

    private static Kept Read(DbConnection db)
    {
        var (segments, bytes) = db.QuerySingle<(long, long)>("SELECT ifnull(sum(segments), 0), ifnull(sum(bytes), 0) FROM camera_volume_total");
        var (events, batches) = db.QuerySingle<(long, long)>("SELECT events, unsent FROM outbox_meta");
        var oldest = db.QueryFirstOrDefault<string?>("SELECT time FROM outbox_event ORDER BY id LIMIT 1");
        return new Kept(segments, bytes, events, batches, oldest is null ? null : InstantText.Parse(oldest));
    }

    private sealed record Kept(long Segments, long Bytes, long Events, long Batches, Instant? Oldest);
}
