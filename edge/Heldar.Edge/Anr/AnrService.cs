using System.Threading.Channels;
using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Media.Ingest;
using NodaTime;

namespace Heldar.Edge.Anr;

/// <summary>Tries once to take back what is missing of a gap, and notes what came of it.</summary>
internal delegate Task RefillGap(FillableGap gap, CameraObserved camera, CancellationToken cancellation);

/// <summary>
/// Decides which gap is refilled next: held footage first, then the newest; one per camera at a time, a few over all cameras; only while the camera streams and a volume
/// has room. One loop; a refill that fails is noted and never ends it.
/// </summary>
internal sealed partial class AnrService(
    BoxSettings settings, CameraRegistry cameras, RefillGap refill, VolumeWriters writers, IStoreReader reader, IClock clock, ILogger<AnrService> log) : BackgroundService
{
    /// <summary>Causes that a camera's own storage can help with. Where somebody switched recording off, or the time never happened, it is not asked.</summary>
    public static readonly IReadOnlyList<GapCause> Causes =
    [
        GapCause.CameraUnreachable, GapCause.AuthFailed, GapCause.Network, GapCause.Stalled, GapCause.DiskFull, GapCause.DiskFullHeld, GapCause.DiskError, GapCause.ProcessDown,
    ];

    private const long RoomBytes = 256L << 20;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    private readonly Channel<bool> _wake = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly Dictionary<Guid, Task> _running = [];

    /// <summary>Looks at once.</summary>
    public void Wake() => _wake.Writer.TryWrite(true);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (true)
            {
                await StepAsync(stoppingToken);
                await WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(_running.Values);
        }
    }

    /// <summary>Gaps that may be refilled now, one per camera, the most urgent first.</summary>
    internal async Task<IReadOnlyList<FillableGap>> DueAsync(IReadOnlyCollection<Guid> of, CancellationToken cancellation)
    {
        if (of.Count == 0) return [];
        var now = clock.GetCurrentInstant();
        var ended = new Stretch(now - Duration.FromHours(settings.Anr.MaxGapHours), now - Duration.FromSeconds(settings.Anr.SettleSeconds));
        return await reader.ReadAsync(db => GapFillRows.Due(db, of, Causes, ended, now, settings.Anr.Parallel), cancellation);
    }

    private async Task WaitAsync(CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Period);
        try
        {
            await _wake.Reader.ReadAsync(limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            // Nobody woke it.
        }
    }

    /// <summary>Looks once, and begins what may begin.</summary>
    internal async Task StepAsync(CancellationToken cancellation)
    {
        foreach (var done in _running.Where(r => r.Value.IsCompleted).Select(r => r.Key).ToList()) _running.Remove(done);
        // What lies beside a gap may not be in the index yet.
        if (reader.IsFilling || _running.Count >= settings.Anr.Parallel) return;
        if (writers.Pick() is null or { Failure: not null } or { FreeBytes: < RoomBytes }) return;
        try
        {
            var ready = (await cameras.ObserveAsync(cancellation))
                .Where(c => c.Config is { Anr: true, Enabled: true } && c.Stream?.State == StreamState.Streaming && !_running.ContainsKey(c.Config.Uid))
                .ToDictionary(c => c.Config.Uid);
            foreach (var gap in await DueAsync(ready.Keys, cancellation))
            {
                if (_running.Count >= settings.Anr.Parallel) return;
                if (!ready.Remove(gap.Gap.Camera, out var camera)) continue;
                _running[gap.Gap.Camera] = RunAsync(gap, camera, cancellation);
            }
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogCannotLook(e);
        }
    }

    private async Task RunAsync(FillableGap gap, CameraObserved camera, CancellationToken cancellation)
    {
        try
        {
            await Task.Yield();
            await refill(gap, camera, cancellation);
        }
        catch (Exception e) when (!cancellation.IsCancellationRequested)
        {
            LogFailed(e, camera.Config.Slug);
        }
        catch (OperationCanceledException)
        {
            // The box stops; what came so far is sealed, the rest stays a gap.
        }
    }

    [LoggerMessage(2804, LogLevel.Error, "gaps to refill could not be looked up")]
    private partial void LogCannotLook(Exception error);

    [LoggerMessage(2805, LogLevel.Error, "Camera {Camera}: refilling a gap failed")]
    private partial void LogFailed(Exception error, string camera);
}
