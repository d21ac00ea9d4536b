namespace Heldar.Edge.Watchdog;

/// <summary>
/// Says READY when the box has started, STOPPING when it stops, and in between WATCHDOG after each pulse, three times within the manager's patience. A box whose
/// cameras do not answer stays silent, so that the manager starts it again.
/// </summary>
internal sealed partial class WatchdogService(WatchdogOptions options, ServiceManager manager, IPulse pulse, IHostApplicationLifetime lifetime, ILogger<WatchdogService> log) : BackgroundService
{
    private const int BeatsPerPatience = 3;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(() => manager.Tell("READY=1", "STATUS=recording"));
        lifetime.ApplicationStopping.Register(() => manager.Tell("STOPPING=1", "STATUS=closing segments"));
        return base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Patience is not { } patience) return;
        var period = patience / BeatsPerPatience;
        LogWatched(patience.TotalSeconds);
        using var timer = new PeriodicTimer(period);
        try
        {
            do
            {
                if (await BeatAsync(period, stoppingToken)) manager.Tell("WATCHDOG=1");
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Stopping.
        }
    }

    private async Task<bool> BeatAsync(TimeSpan limit, CancellationToken stopping)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        late.CancelAfter(limit);
        try
        {
            // A pulse that ignores its token must not hold this loop.
            await pulse.BeatAsync(late.Token).WaitAsync(late.Token);
            return true;
        }
        catch (Exception e) when (!stopping.IsCancellationRequested)
        {
            LogNoPulse(e, limit.TotalSeconds);
            return false;
        }
    }

    [LoggerMessage(3300, LogLevel.Information, "The service manager ends this box when it hears nothing for {Seconds} s")]
    private partial void LogWatched(double seconds);

    [LoggerMessage(3301, LogLevel.Error, "The cameras did not answer within {Seconds} s; the service manager is not told that this box lives")]
    private partial void LogNoPulse(Exception error, double seconds);
}
