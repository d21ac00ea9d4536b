namespace Heldar.Edge.Retention;

/// <summary>
/// Calls the retainer: the guard every 2 s, so that a disk that somebody else fills is relieved within seconds, a whole sweep every minute. An unexpected
/// error is logged and the next time tries again.
/// </summary>
internal sealed partial class RetentionService(Retainer retainer, ILogger<RetentionService> log) : BackgroundService
{
    private const int GuardsPerSweep = 30;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            await TryAsync(retainer.StartAsync, stoppingToken);
            for (var round = 0; ; round = retainer.Last is { IsCut: true } ? 0 : (round + 1) % GuardsPerSweep)
            {
                await TryAsync(round == 0 ? retainer.SweepAsync : retainer.GuardAsync, stoppingToken);
                if (!await timer.WaitForNextTickAsync(stoppingToken)) return;
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task TryAsync(Func<CancellationToken, Task> work, CancellationToken cancellation)
    {
        try
        {
            await work(cancellation);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(2302, LogLevel.Error, "Retention failed")]
    private partial void LogFailed(Exception error);
}
