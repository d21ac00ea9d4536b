namespace Heldar.Edge.Gaps;

/// <summary>Steps the ledger once a second. An unexpected error is logged and the next second tries again.</summary>
internal sealed partial class GapsService(GapLedger ledger, ILogger<GapsService> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LastWrite = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            do
            {
                try
                {
                    await ledger.StepAsync(stoppingToken);
                }
                catch (Exception e) when (e is not OperationCanceledException)
                {
                    LogFailed(e);
                }
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            await LastAsync();
        }
    }

    private async Task LastAsync()
    {
        try
        {
            using var limit = new CancellationTokenSource(LastWrite);
            await ledger.FlushAsync(limit.Token);
        }
        catch (Exception e) when (e is OperationCanceledException or System.Data.Common.DbException)
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(2004, LogLevel.Error, "gaps could not be followed")]
    private partial void LogFailed(Exception error);
}
