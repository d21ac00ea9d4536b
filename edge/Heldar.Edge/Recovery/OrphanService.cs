using Heldar.Edge.Storage;
using Heldar.Edge.Store;

namespace Heldar.Edge.Recovery;

/// <summary>
/// Sweeps every volume a while after the start and once a day: a folder each 20 ms, so that even a year of 16 cameras takes under an hour and no disk notices. An unexpected
/// error is logged, and the next day tries again.
/// </summary>
internal sealed partial class OrphanService(OrphanSweep sweep, VolumeWriters writers, IStoreWriter store, ILogger<OrphanService> log) : BackgroundService
{
    private static readonly TimeSpan AfterStart = TimeSpan.FromMinutes(10);
    private static readonly TimeSpan Period = TimeSpan.FromDays(1);
    private static readonly TimeSpan Rest = TimeSpan.FromMilliseconds(20);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (var wait = AfterStart; ; wait = Period)
            {
                await Task.Delay(wait, stoppingToken);
                await store.FilledAsync(stoppingToken);
                foreach (var writer in writers.All) await SweepAsync(writer, stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task SweepAsync(VolumeWriter writer, CancellationToken cancellation)
    {
        try
        {
            var result = await sweep.RunAsync(writer, async c => await Task.Delay(Rest, c), cancellation);
            if (result.Moved > 0 || result.Others > 0) LogFound(writer.Volume.Root, result.Files, result.Moved, result.Others);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            LogFailed(e, writer.Volume.Root);
        }
    }

    [LoggerMessage(1523, LogLevel.Warning, "{Volume}: of {Files} segment files, {Moved} were unknown and are in quarantine; {Others} files or folders of other names or links lie among them and are left alone")]
    private partial void LogFound(string volume, long files, int moved, long others);

    [LoggerMessage(1524, LogLevel.Error, "{Volume}: looking for unknown files failed")]
    private partial void LogFailed(Exception error, string volume);
}
