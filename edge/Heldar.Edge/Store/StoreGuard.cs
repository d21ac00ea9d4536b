using System.Diagnostics;

namespace Heldar.Edge.Store;

/// <summary>
/// Watches the database for damage while the box records. Damage that a second look confirms ends the process in order, so that the service manager starts
/// it anew and the start sets the database aside; a process that began with a new database stays for ten minutes first, so that a bad disk makes no crash loop.
/// A process that records with a substitute ends in order as well, once the box's own database can be used again.
/// One loop.
/// </summary>
internal sealed partial class StoreGuard(BoxStore store, IHostApplicationLifetime lifetime, ILogger<StoreGuard> log) : BackgroundService
{
    /// <summary>What the process ends with: EX_TEMPFAIL of sysexits.h.</summary>
    public const int DamagedExitCode = 75;

    /// <summary>How long a process stays that began with a new database.</summary>
    public static readonly TimeSpan Stay = TimeSpan.FromMinutes(10);

    /// <summary>How often the box's own database is looked for while a substitute stands in.</summary>
    public static readonly TimeSpan TryEvery = TimeSpan.FromMinutes(1);

    private const int MostDoubts = 3;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(10);
    private TimeSpan _nextLook = LookEvery;
    // A start that failed although the database had opened is not tried again at once.
    private TimeSpan _nextTry = store.IsLate ? Stay : TryEvery;
    private int _doubts;
    private string? _confirmed;

    /// <summary>What the program returns when it ended by itself: 0 unless the guard ended it.</summary>
    public int ExitCode { get; private set; }

    /// <summary>Looks once.</summary>
    /// <param name="uptime">How long the process runs, by a clock that nobody sets.</param>
    /// <param name="cancellation">Ends a long look.</param>
    /// <returns>True when the process is to end.</returns>
    public bool Look(TimeSpan uptime, CancellationToken cancellation)
    {
        if (store.IsSubstitute) return LookForOwn(uptime);
        if (store.Damage is null && uptime >= _nextLook)
        {
            _nextLook = uptime + LookEvery;
            store.Check(whole: false, cancellation);
        }

        if (_confirmed is null && store.Damage is { } cause)
        {
            // Memory that failed for a moment, or a cable: what is on the disk decides. What comes again and again is damage that this look does not see.
            if (store.Check(whole: true, cancellation) && ++_doubts < MostDoubts)
            {
                LogWhole(cause);
                return false;
            }

            _confirmed = store.Damage ?? cause;
            LogConfirmed(_confirmed);
        }

        if (_confirmed is null || (store.BeganAnew && uptime < Stay)) return false;
        DamagedDatabase.Note(store.FilePath, _confirmed);
        ExitCode = DamagedExitCode;
        return true;
    }

    private bool LookForOwn(TimeSpan uptime)
    {
        if (uptime < _nextTry) return false;
        _nextTry = uptime + TryEvery;
        if (!store.IsBack()) return false;
        LogBack();
        ExitCode = DamagedExitCode;
        return true;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.Run(() => LoopAsync(stoppingToken), CancellationToken.None);

    private async Task LoopAsync(CancellationToken stopping)
    {
        var started = Stopwatch.GetTimestamp();
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(stopping))
            {
                try
                {
                    if (!Look(Stopwatch.GetElapsedTime(started), stopping)) continue;
                    if (!store.IsSubstitute) LogEnding();
                    lifetime.StopApplication();
                    return;
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

    [LoggerMessage(1610, LogLevel.Warning, "The database seemed damaged ({Cause}); read again it is whole")]
    private partial void LogWhole(string cause);

    [LoggerMessage(1611, LogLevel.Error, "The database is damaged on the disk: {Cause}")]
    private partial void LogConfirmed(string cause);

    [LoggerMessage(1612, LogLevel.Error, "This process ends in order; its next start sets the damaged database aside and fills a new one from the seal logs")]
    private partial void LogEnding();

    [LoggerMessage(1614, LogLevel.Warning, "The box's own database can be used again: this process ends in order, and its next start takes it and fills it from the seal logs")]
    private partial void LogBack();

    [LoggerMessage(1613, LogLevel.Error, "The database could not be looked at")]
    private partial void LogFailed(Exception error);
}
