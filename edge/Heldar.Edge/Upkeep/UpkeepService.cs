using Heldar.Edge.Storage;

namespace Heldar.Edge.Upkeep;

/// <summary>
/// Calls the upkeeper and the pruner of seals: the log each minute, the rest each hour, beginning five minutes after the start, and what somebody asks for at once. What fails is tried again the next time.
/// </summary>
internal sealed partial class UpkeepService(Upkeeper upkeep, SealPruner seals, VolumeWriters writers, ILogger<UpkeepService> log) : BackgroundService
{
    private const int First = 5;
    private const int Hour = 60;
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Ending = TimeSpan.FromSeconds(2);
    private readonly SemaphoreSlim _one = new(1, 1);
    private readonly Dictionary<Guid, Task> _pruning = [];
    private string? _told;

    public override void Dispose()
    {
        base.Dispose();
        _one.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Task.WhenAll(TickAsync(stoppingToken), AnswerAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping. A disk that hangs is not waited for.
            await Task.WhenAll(_pruning.Values).WaitAsync(Ending, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task TickAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Period);
        for (var minute = 1; await timer.WaitForNextTickAsync(stopping); minute++)
        {
            var full = minute % Hour == First;
            await OneAsync(
                async () =>
                {
                    await Task.Run(upkeep.CutLog, stopping);
                    if (!full) return;
                    var rows = await upkeep.PruneAsync(stopping);
                    rows += await upkeep.KeepBelowLimitAsync(stopping);
                    var free = await upkeep.ShrinkAsync(stopping);
                    if (rows > 0) LogPruned(rows, free);
                },
                stopping);
            if (full) PruneSeals(stopping);
        }
    }

    private async Task AnswerAsync(CancellationToken stopping)
    {
        await foreach (var _ in upkeep.Asked.ReadAllAsync(stopping)) await OneAsync(() => upkeep.AskedAsync(stopping), stopping);
    }

    private async Task OneAsync(Func<Task> work, CancellationToken stopping)
    {
        await _one.WaitAsync(stopping);
        try
        {
            await work();
            if (upkeep.Problem is { } problem && _told is null) LogLarge(problem);
            _told = upkeep.Problem;
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
        }
        finally
        {
            _one.Release();
        }
    }

    /// <summary>Begins with every volume that works, unless its last time still runs: a disk that hangs holds up neither the others nor the upkeep of the database.</summary>
    internal void PruneSeals(CancellationToken stopping)
    {
        foreach (var writer in writers.All.Append(writers.Mirror).OfType<VolumeWriter>())
        {
            var id = writer.Volume.Id;
            if (writer.Fault == VolumeFault.None && (!_pruning.TryGetValue(id, out var last) || last.IsCompleted)) _pruning[id] = SealsAsync(writer, stopping);
        }
    }

    /// <summary>One volume's fault is not the next one's.</summary>
    private async Task SealsAsync(VolumeWriter writer, CancellationToken cancellation)
    {
        try
        {
            // Reading files may block for as long as the disk takes.
            var files = await Task.Run(() => seals.PruneAsync(writer, cancellation), cancellation);
            if (files > 0) LogSeals(writer.Volume.Root, files);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogSealsFailed(writer.Volume.Root, e.Message);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e);
        }
    }

    [LoggerMessage(3702, LogLevel.Information, "{Volume}: {Files} files of the seal log went, since no footage of them is left")]
    private partial void LogSeals(string volume, int files);

    [LoggerMessage(3703, LogLevel.Error, "{Volume}: the beginning of the seal log could not be pruned: {Error}")]
    private partial void LogSealsFailed(string volume, string error);

    [LoggerMessage(3700, LogLevel.Information, "{Rows} old rows of the ledger were pruned; {Free} pages of the database are free")]
    private partial void LogPruned(long rows, long free);

    [LoggerMessage(3701, LogLevel.Error, "The upkeep of the database failed")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(3704, LogLevel.Warning, "The database is too large: {Problem}")]
    private partial void LogLarge(string problem);
}
