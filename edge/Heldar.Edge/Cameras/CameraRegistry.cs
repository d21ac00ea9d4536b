using System.Collections.Concurrent;
using Heldar.Edge.Audit;
using Heldar.Edge.Ingest;
using Heldar.Edge.Recovery;
using Heldar.Edge.Settings;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Cameras;

/// <summary>What became of a wish to change a camera.</summary>
internal enum CameraOutcome
{
    Done,
    NotFound,

    /// <summary>The id is taken.</summary>
    Exists,

    /// <summary><c>heldar.yaml</c> owns it.</summary>
    OwnedByYaml,

    /// <summary>The box has as many cameras as it takes.</summary>
    TooMany,

    /// <summary>Its footage is held as evidence.</summary>
    Held,
}

/// <summary>
/// All cameras of the box: their configurations on disk and their actors. Changes run one at a time; each is on disk before its actor hears of
/// it. Reading never waits for a change. Thread-safe.
/// </summary>
internal sealed class CameraRegistry(
    BoxSettings settings, CameraLedger ledger, CameraSecrets secrets, IRecordingPipelines pipelines, KnownCameras known, WishBook wishes, IClock clock, ILogger<CameraActor> log) : IAsyncDisposable
{
    private readonly SemaphoreSlim _change = new(1, 1);
    private readonly ConcurrentDictionary<Guid, CameraActor> _actors = new();
    private readonly ConcurrentDictionary<Guid, CameraConfig> _configs = new();
    private readonly ConcurrentDictionary<string, Guid> _slugs = new(StringComparer.Ordinal);
    private int _segmentSeconds = settings.Recording.SegmentSeconds;
    private IReadOnlyDictionary<string, CameraConfig> _removed = new Dictionary<string, CameraConfig>(StringComparer.Ordinal);

    /// <summary>Configurations by slug.</summary>
    public IReadOnlyList<CameraConfig> All => [.. _configs.Values.OrderBy(c => c.Slug, StringComparer.Ordinal)];

    public int Count => _configs.Count;

    public CameraConfig? Find(string slug) => _slugs.TryGetValue(slug, out var uid) ? _configs.GetValueOrDefault(uid) : null;

    public CameraConfig? Find(Guid uid) => _configs.GetValueOrDefault(uid);

    /// <summary>The camera behind a string key, which is its uid.</summary>
    public ICamera? Get(string key) => Guid.TryParseExact(key, "D", out var uid) ? _actors.GetValueOrDefault(uid) : null;

    /// <summary>Adds a reader to a camera's running session; null when none runs.</summary>
    public IDisposable? Subscribe(Guid uid, IStreamSubscriber subscriber) => _actors.GetValueOrDefault(uid)?.Subscribe(subscriber);

    /// <summary>A camera follows what is wanted of it now; one that is not there does not.</summary>
    public Task ReviewAsync(Guid uid, CancellationToken cancellation) => _actors.GetValueOrDefault(uid)?.ReviewAsync(cancellation) ?? Task.CompletedTask;

    /// <summary>All cameras follow what is wanted of them now.</summary>
    public Task ReviewAsync(CancellationToken cancellation) => Task.WhenAll(_actors.Values.Select(a => a.ReviewAsync(cancellation)));

    /// <summary>When recording of a camera is wanted within [from, to): merged.</summary>
    public IReadOnlyList<Stretch> Wanted(CameraConfig camera, Instant from, Instant to) => wishes.Wanted(camera, from, to);

    /// <summary>Every camera now.</summary>
    public async ValueTask<IReadOnlyList<CameraObserved>> ObserveAsync(CancellationToken cancellation)
    {
        var all = new List<CameraObserved>(_actors.Count);
        foreach (var (_, actor) in _actors) all.Add(await actor.ObserveAsync(cancellation));
        return all;
    }

    /// <summary>Loads what is kept, brings it to what the settings want and starts every camera.</summary>
    public async Task StartAsync(IReadOnlyList<CameraSettings> desired, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            var rows = await ledger.LoadAsync(cancellation);
            _removed = rows.Where(r => r.Removed).ToDictionary(r => r.Config.Slug, r => r.Config, StringComparer.Ordinal);
            foreach (var (config, removed) in rows)
                if (!removed) Keep(config);
            await ApplyYamlLockedAsync(desired, cancellation);
            await Task.WhenAll(_configs.Values.Where(c => !_actors.ContainsKey(c.Uid)).Select(c => ActorOf(c).ApplyAsync(c, cancellation)));
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Brings the cameras that settings own to what the settings want now, and all to the box's length of a segment.</summary>
    public async Task ApplyYamlAsync(IReadOnlyList<CameraSettings> desired, int segmentSeconds, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            var other = _segmentSeconds != segmentSeconds;
            _segmentSeconds = segmentSeconds;
            await ApplyYamlLockedAsync(desired, cancellation);
            if (other) await Task.WhenAll(_actors.Values.Select(a => a.UseSegmentSecondsAsync(segmentSeconds, cancellation)));
        }
        finally
        {
            _change.Release();
        }
    }

    /// <summary>Adds a camera that the API owns.</summary>
    public Task<CameraOutcome> AddAsync(CameraSettings wanted, int? segmentSeconds, AuditActor who, CancellationToken cancellation) => ChangeAsync(
        async () =>
        {
            if (_slugs.ContainsKey(wanted.Id)) return CameraOutcome.Exists;
            if (_configs.Count >= SettingsReader.MaxCameras) return CameraOutcome.TooMany;
            var config = Config(wanted, null, CameraOwner.Api) with { SegmentSeconds = segmentSeconds };
            await PutAsync(config, null, who, cancellation);
            return CameraOutcome.Done;
        },
        cancellation);

    /// <summary>Changes a camera that the API owns.</summary>
    public Task<CameraOutcome> ChangeAsync(string slug, Func<CameraConfig, CameraConfig> change, AuditActor who, CancellationToken cancellation) => ChangeAsync(
        async () =>
        {
            if (Find(slug) is not { } before) return CameraOutcome.NotFound;
            if (before.Owner == CameraOwner.Yaml) return CameraOutcome.OwnedByYaml;
            var after = secrets.Settle(before, change(before));
            if (after != before) await PutAsync(after, before, who, cancellation);
            return CameraOutcome.Done;
        },
        cancellation);

    /// <summary>Removes a camera that the API owns. Its footage stays until retention takes it; a camera with held footage stays too, since nobody would find that any more.</summary>
    public Task<CameraOutcome> RemoveAsync(string slug, AuditActor who, CancellationToken cancellation) => ChangeAsync(
        async () =>
        {
            if (Find(slug) is not { } before) return CameraOutcome.NotFound;
            if (before.Owner == CameraOwner.Yaml) return CameraOutcome.OwnedByYaml;
            return await RemoveLockedAsync(before, who, evenHeld: false) ? CameraOutcome.Done : CameraOutcome.Held;
        },
        cancellation);

    /// <summary>Stops all cameras side by side; each closes its segment.</summary>
    public async Task StopAsync(CancellationToken cancellation) => await Task.WhenAll(_actors.Values.Select(a => a.StopAsync(cancellation)));

    public async ValueTask DisposeAsync()
    {
        foreach (var actor in _actors.Values) await actor.DisposeAsync();
        _change.Dispose();
    }

    private async Task ApplyYamlLockedAsync(IReadOnlyList<CameraSettings> desired, CancellationToken cancellation)
    {
        var wanted = desired.Select(d => Config(d, Find(d.Id), CameraOwner.Yaml)).ToList();
        var present = _configs.Values.Where(c => c.Owner == CameraOwner.Yaml || wanted.Any(w => w.Uid == c.Uid)).ToList();
        var diff = CameraDiff.Between(present, wanted);
        foreach (var camera in diff.Removed) await RemoveLockedAsync(camera, AuditActors.Settings, evenHeld: true);
        foreach (var camera in diff.Added.Concat(diff.Changed)) await PutAsync(camera, Find(camera.Uid), AuditActors.Settings, cancellation);
    }

    private CameraConfig Config(CameraSettings wanted, CameraConfig? before, CameraOwner owner)
    {
        before ??= _removed.GetValueOrDefault(wanted.Id);
        var uid = before?.Uid ?? known.Find(wanted.Id) ?? Guid.CreateVersion7(clock.GetCurrentInstant().ToDateTimeOffset());
        var next = new CameraConfig(
            uid, wanted.Id, wanted.Name, secrets.SealUrl(uid, wanted.Url), secrets.SealUsername(uid, wanted.Username), secrets.SealPassword(uid, wanted.Password), wanted.Audio,
            wanted.CameraClock, wanted.Enabled, owner == before?.Owner ? before.SegmentSeconds : null, owner, before?.CreatedAt ?? clock.GetCurrentInstant())
        {
            Certificate = wanted.Certificate,
            Anr = wanted.Anr.Enabled,
            SealedReplayUrl = secrets.SealReplayUrl(uid, wanted.Anr.ReplayUrl),
            SealedEvents = secrets.SealEvents(uid, wanted.Events),
            Mode = wanted.Mode,
            PreRollSeconds = wanted.PreRollSeconds,
            PostRollSeconds = wanted.PostRollSeconds,
            RetentionHours = wanted.RetentionHours,
            QuotaBytes = wanted.QuotaBytes,
            Mirror = wanted.Mirror,
        };
        return before is null ? next : secrets.Settle(before, next);
    }

    private async Task<CameraOutcome> ChangeAsync(Func<Task<CameraOutcome>> change, CancellationToken cancellation)
    {
        await _change.WaitAsync(cancellation);
        try
        {
            return await change();
        }
        finally
        {
            _change.Release();
        }
    }

    private async Task PutAsync(CameraConfig config, CameraConfig? before, AuditActor who, CancellationToken cancellation)
    {
        await ledger.PutAsync(config, before, who, cancellation);
        Keep(config);
        await ActorOf(config).ApplyAsync(config, cancellation);
    }

    private async Task<bool> RemoveLockedAsync(CameraConfig config, AuditActor who, bool evenHeld)
    {
        if (!await ledger.RemoveAsync(config, who, evenHeld, CancellationToken.None)) return false;
        _configs.TryRemove(config.Uid, out _);
        _slugs.TryRemove(config.Slug, out _);
        _removed = new Dictionary<string, CameraConfig>(_removed, StringComparer.Ordinal) { [config.Slug] = config };
        if (_actors.TryRemove(config.Uid, out var actor)) await actor.DisposeAsync();
        return true;
    }

    private void Keep(CameraConfig config)
    {
        _configs[config.Uid] = config;
        _slugs[config.Slug] = config.Uid;
    }

    private CameraActor ActorOf(CameraConfig config) =>
        _actors.GetOrAdd(config.Uid, _ => new CameraActor(config, pipelines, secrets, wishes, _segmentSeconds, clock, log));
}
