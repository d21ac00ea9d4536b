namespace Heldar.Edge.Upkeep;

/// <summary>Calls the upkeeper: the log each minute, the rest each hour, beginning five minutes after the start. What fails is tried again the next time.</summary>
internal sealed partial class UpkeepService(Upkeeper upkeep, ILogger<UpkeepService> log) : BackgroundService
{
    private const int First = 5;
    private const int Hour = 60;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            for (var minute = 1; await timer.WaitForNextTickAsync(stoppingToken); minute++)
            {
                try
                {
                    await Task.Run(upkeep.CutLog, stoppingToken);
                    if (minute % Hour != First) continue;
                    var rows = await upkeep.PruneAsync(stoppingToken);
                    var free = await upkeep.ShrinkAsync(stoppingToken);
                    if (rows > 0) LogPruned(rows, free);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogFailed(e);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    [LoggerMessage(3700, LogLevel.Information, "{Rows} old rows of the ledger were pruned; {Free} pages of the database are free")]
    private partial void LogPruned(long rows, long free);

    [LoggerMessage(3701, LogLevel.Error, "The upkeep of the database failed")]
    private partial void LogFailed(Exception error);
}
