using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;

namespace Heldar.Edge.Mirror;

/// <summary>
/// Runs the mirror's keeper, the look at how far it is, and the scrub, each in a loop of its own, so that none holds up another or anything else. An unexpected error is logged and
/// tried again. Without a mirror volume the first loop ends at once.
/// </summary>
internal sealed partial class MirrorService(
    BoxSettings settings, MirrorPolicy policy, MirrorKeeper keeper, MirrorState state, Scrubber scrubber, CameraRegistry cameras, IStoreWriter store, ILogger<MirrorService> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan BeforeFirstScrub = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan BetweenRounds = TimeSpan.FromMinutes(10);
    private readonly SemaphoreSlim _now = new(0, 1);
    private HashSet<Guid> _wanted = [];
    private bool _told;

    /// <summary>The speed while somebody waits for it.</summary>
    public const long HurryBytesPerSecond = 64L << 20;

    /// <summary>Begins a scrub now, at <see cref="HurryBytesPerSecond"/> until its round ends.</summary>
    public void ScrubNow()
    {
        if (_now.CurrentCount == 0) _now.Release();
    }

    public override void Dispose()
    {
        base.Dispose();
        _now.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Footage without a row would be taken for one that only the mirror has.
            await store.FilledAsync(stoppingToken);
        }
        catch (OperationCanceledException)
        {
            return;
        }

        await Task.WhenAll(MirrorLoopAsync(stoppingToken), LookLoopAsync(stoppingToken), ScrubLoopAsync(stoppingToken));
    }

    private async Task MirrorLoopAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            do
            {
                await TryAsync(
                    async () =>
                    {
                        await WantAsync(cancellation);
                        while (policy.IsOn && await keeper.StepAsync(cancellation) > 0) await WantAsync(cancellation);
                    });
            }
            while (policy.IsOn && await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task LookLoopAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            do await TryAsync(() => state.LookAsync(cancellation));
            while (policy.IsOn && await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task WantAsync(CancellationToken cancellation)
    {
        var wanted = cameras.All.Where(c => policy.Wants(c.Slug)).Select(c => c.Uid).ToHashSet();
        if (_told && wanted.SetEquals(_wanted)) return;
        await store.EnqueueAsync(db => MirrorRows.Want(db, wanted), cancellation);
        (_wanted, _told) = (wanted, true);
    }

    private async Task ScrubLoopAsync(CancellationToken cancellation)
    {
        var usual = (long)settings.Recording.ScrubMiBPerSecond << 20;
        try
        {
            await TryAsync(() => scrubber.CountAsync(cancellation));
            var hurry = await _now.WaitAsync(usual == 0 ? Timeout.InfiniteTimeSpan : BeforeFirstScrub, cancellation);
            while (true)
            {
                if (hurry) await TryAsync(() => scrubber.RestartAsync(cancellation));
                var pace = new Pace(hurry ? HurryBytesPerSecond : usual);
                var again = false;
                while (!again && await TryAsync(() => scrubber.StepAsync(pace, cancellation))) again = await _now.WaitAsync(TimeSpan.Zero, cancellation);
                hurry = again || await _now.WaitAsync(usual == 0 ? Timeout.InfiniteTimeSpan : BetweenRounds, cancellation);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private Task<bool> TryAsync(Func<Task> work) => TryAsync(async () =>
    {
        await work();
        return true;
    });

    private async Task<bool> TryAsync(Func<Task<bool>> work)
    {
        try
        {
            return await work();
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
            return false;
        }
    }

    [LoggerMessage(3106, LogLevel.Error, "The mirror or the scrub failed; it is tried again")]
    private partial void LogFailed(Exception error);
}
