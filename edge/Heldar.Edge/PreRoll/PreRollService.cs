namespace Heldar.Edge.PreRoll;

/// <summary>Steps the rings ten times a second while there are any; without rings it sleeps.</summary>
internal sealed partial class PreRollService(PreRollStore store, ILogger<PreRollService> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(100);
    private readonly SemaphoreSlim _opened = new(0, 1);

    public override void Dispose()
    {
        store.Opened = null;
        _opened.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            store.CleanUp();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogProblem(e.Message);
        }

        store.Opened = () =>
        {
            if (_opened.CurrentCount == 0) _opened.Release();
        };
        string? told = null;
        using var timer = new PeriodicTimer(Timeout.InfiniteTimeSpan);
        while (!stoppingToken.IsCancellationRequested)
        {
            if (!store.Any)
            {
                // A timer that nobody needs would wake the box ten times a second all the same.
                timer.Period = Timeout.InfiniteTimeSpan;
                await _opened.WaitAsync(stoppingToken);
            }

            timer.Period = Period;
            while (store.Step()) stoppingToken.ThrowIfCancellationRequested();
            if (store.Problem is { } problem && told is null) LogProblem(problem);
            told = store.Problem;
            await timer.WaitForNextTickAsync(stoppingToken);
        }
    }

    [LoggerMessage(3501, LogLevel.Warning, "pre-roll is shorter than wanted: memory is used up and it cannot be spilled: {Problem}")]
    private partial void LogProblem(string problem);
}
