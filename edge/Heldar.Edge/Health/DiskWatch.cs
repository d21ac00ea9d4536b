using System.ComponentModel;
using System.Diagnostics;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>
/// Asks arrays (<c>/proc/mdstat</c>) and disks every 5 minutes: their answers are left by the installed job of root (<see cref="SmartFiles"/>); where there are none, <c>smartctl -H -j</c> is
/// called, which works where the box may open disks. A problem is told once when it begins and once when it ends, and so is a disk whose SMART is not known.
/// The database, which lies on one of them, tells its own. What <see cref="Problems"/> holds is read by anyone.
/// </summary>
internal sealed partial class DiskWatch(IClock clock, ILogger<DiskWatch> log) : BackgroundService
{
    private static readonly TimeSpan Period = TimeSpan.FromMinutes(5);
    private static readonly TimeSpan Answer = TimeSpan.FromSeconds(20);
    private volatile IReadOnlyList<string> _problems = [];
    private IReadOnlyList<DiskReport> _unknown = [];

    /// <summary>What is wrong, for people; empty when nothing is known to be.</summary>
    public IReadOnlyList<string> Problems => _problems;

    /// <summary>Takes a round of reports. One caller at a time.</summary>
    public void Take(IReadOnlyCollection<DiskReport> reports)
    {
        var before = _problems;
        _problems = [.. reports.Where(r => r.Healthy == false).Select(r => $"disk {r.Name}: {r.Problem}")];
        foreach (var problem in _problems.Except(before, StringComparer.Ordinal)) LogBegan(problem);
        foreach (var problem in before.Except(_problems, StringComparer.Ordinal)) LogEnded(problem);

        // By disk alone: another reason is no news.
        var unknown = reports.Where(r => r.Healthy is null).ToList();
        foreach (var report in unknown.ExceptBy(_unknown.Select(r => r.Name), r => r.Name, StringComparer.Ordinal)) LogUnknown(report.Name, report.Problem);
        foreach (var report in _unknown.Where(u => reports.Any(r => r.Name == u.Name && r.Healthy is not null))) LogKnown(report.Name);
        _unknown = unknown;
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
                foreach (var disk in SmartFiles.Disks())
                    reports.Add(SmartFiles.Read(SmartFiles.Folder, disk, clock.GetCurrentInstant()) ?? await AskAsync(disk, stoppingToken));
                Take(reports);
            }
            while (await timer.WaitForNextTickAsync(stoppingToken));
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private static async Task<DiskReport> AskAsync(string disk, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(Answer);
        Process? process = null;
        try
        {
            process = Process.Start(new ProcessStartInfo("smartctl", ["-H", "-j", "/dev/" + disk]) { RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false });
            if (process is null) return Unknown(disk);
            // A process does not close a stream that was asked for.
            using var report = process.StandardOutput;
            return DiskReports.Smart(disk, await report.ReadToEndAsync(limit.Token));
        }
        catch (Exception e) when (e is Win32Exception or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return Unknown(disk);
        }
        finally
        {
            if (process is { HasExited: false }) process.Kill();
            process?.Dispose();
        }
    }

    private static DiskReport Unknown(string disk) => new(disk, null, "smartctl does not answer, and nothing lies in " + SmartFiles.Folder);

    [LoggerMessage(1805, LogLevel.Error, "{Problem}")]
    private partial void LogBegan(string problem);

    [LoggerMessage(1806, LogLevel.Information, "over: {Problem}")]
    private partial void LogEnded(string problem);

    [LoggerMessage(1829, LogLevel.Warning, "SMART of disk {Disk} is not known: {Reason}")]
    private partial void LogUnknown(string disk, string? reason);

    [LoggerMessage(1810, LogLevel.Information, "SMART of disk {Disk} is known")]
    private partial void LogKnown(string disk);
}
