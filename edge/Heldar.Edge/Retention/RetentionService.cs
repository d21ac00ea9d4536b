using Heldar.Edge.Storage;

namespace Heldar.Edge.Retention;

/// <summary>
/// Calls the retainer: the guard every 2 s, so that a disk that somebody else fills is relieved within seconds, and at once when a write
/// finds it full; a whole sweep every minute. An unexpected error is logged and the next time tries again.
/// </summary>
internal sealed partial class RetentionService(Retainer retainer, SpaceAlarm alarm, ILogger<RetentionService> log) : BackgroundService
{
    private const int GuardsPerSweep = 30;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await TryAsync(retainer.StartAsync, stoppingToken);
            for (var round = 0; ; round = retainer.Last is { IsCut: true } ? 0 : (round + 1) % GuardsPerSweep)
            {
                await TryAsync(round == 0 ? retainer.SweepAsync : retainer.GuardAsync, stoppingToken);
                await alarm.WaitAsync(Period, stoppingToken);
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
