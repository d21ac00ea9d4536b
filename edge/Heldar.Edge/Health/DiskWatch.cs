using System.ComponentModel;
using System.Diagnostics;

namespace Heldar.Edge.Health;

/// <summary>
/// Asks arrays (<c>/proc/mdstat</c>) and disks (<c>smartctl -H -j</c>, where it is installed and allowed) every 5 minutes. A problem is told once when it begins and once when it ends.
/// The database, which lies on one of them, tells its own. What <see cref="Problems"/> holds is read by anyone.
/// </summary>
internal sealed partial class DiskWatch(ILogger<DiskWatch> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(20);
    private volatile IReadOnlyList<string> _problems = [];

    /// <summary>What is wrong, for people; empty when nothing is known to be.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Takes a round of reports.</summary>
    public void Take(IEnumerable<DiskReport> reports)
    {
        var before = _problems;
        _problems = [.. reports.Where(r => r.Healthy == false).Select(r => $"disk {r.Name}: {r.Problem}")];
        foreach (var problem in _problems.Except(before, StringComparer.Ordinal)) LogBegan(problem);
        foreach (var problem in before.Except(_problems, StringComparer.Ordinal)) LogEnded(problem);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            do
            {
                List<DiskReport> reports = [];
                if (File.Exists("/proc/mdstat")) reports.AddRange(DiskReports.Mdstat(await File.ReadAllTextAsync("/proc/mdstat", stoppingToken)));
                foreach (var device in Devices())
                    if (await SmartAsync(device, stoppingToken) is { } report) reports.Add(report);
                Take(reports);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private static IEnumerable<string> Devices() =>
        Directory.Exists("/sys/block") ? Directory.EnumerateFileSystemEntries("/sys/block").Select(Path.GetFileName).OfType<string>().Where(IsDisk).Order(StringComparer.Ordinal).Take(64) : [];

    private static bool IsDisk(string name) => name.StartsWith("sd", StringComparison.Ordinal) || name.StartsWith("nvme", StringComparison.Ordinal);

    private static async Task<DiskReport?> SmartAsync(string device, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Answer);
        Process? process = null;
        try
        {
            process = Process.Start(new ProcessStartInfo("smartctl", ["-H", "-j", "/dev/" + device]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false });
            return process is null ? null : DiskReports.Smart(device, await process.StandardOutput.ReadToEndAsync(limit.Token));
        }
        catch (Exception e) when (e is Win32Exception or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
        finally
        {
            if (process is { HasExited: false }) process.Kill();
            process?.Dispose();
        }
    }

    [LoggerMessage(1805, LogLevel.Error, "{Problem}")]
    private partial void LogBegan(string problem);

    [LoggerMessage(1806, LogLevel.Information, "over: {Problem}")]
    private partial void LogEnded(string problem);
}
