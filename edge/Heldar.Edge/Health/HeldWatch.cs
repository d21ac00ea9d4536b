using Heldar.Edge.Gaps;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Health;

/// <summary>Says that held evidence will stop recording, a day before it does. Looks every 5 s; costs one small query.</summary>
internal sealed partial class HeldWatch(StorageReport report, IHeldFootageAlarm alarm, ILogger<HeldWatch> log) : BackgroundService
{
    /// <summary>Warned from here on.</summary>
    public const double WarningHours = 24;

    /// <summary>Warned from here on while the rate is not known.</summary>
    public const long WarningBytes = 1L << 30;

    private const long FullBytes = 16L << 20;
    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private HeldLevel _level;

    /// <summary>What the volumes come to.</summary>
    public static (HeldLevel Level, string? Detail) Judge(IReadOnlyList<VolumeOutlook> volumes)
    {
        var primaries = volumes.Where(v => v.Volume is { Role: VolumeRole.Primary, Total: > 0 }).ToList();
        var held = primaries.Sum(v => v.Footprint.HeldBytes);
        if (held == 0) return (HeldLevel.Fine, null);
        var room = primaries.Sum(v => v.Volume.Free + v.Footprint.Bytes - v.Footprint.HeldBytes);
        var rate = primaries.Sum(v => v.Volume.BytesPerSecond ?? 0);
        if (room < FullBytes * primaries.Count) return (HeldLevel.Full, $"{held} bytes are held and nothing else is left to delete");
        var hours = rate > 0 ? room / rate / 3600 : (double?)null;
        if (hours >= WarningHours || (hours is null && room >= WarningBytes)) return (HeldLevel.Fine, null);
        return (HeldLevel.Warning, hours is { } left
            ? FormattableString.Invariant($"{held} bytes are held; what is left is recorded over in {left:0.0} h, then recording stops: release holds or add a volume")
            : $"{held} bytes are held; {room} bytes are left for everything else: release holds or add a volume");
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Period);
        try
        {
            do
            {
                try
                {
                    var (level, detail) = Judge(await report.ReadAsync(stoppingToken));
                    alarm.Set(level, detail);
                    if (level > _level) LogHeld(detail!);
                    _level = level;
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
            // Stopping.
        }
    }

    [LoggerMessage(1807, LogLevel.Error, "Held evidence: {Detail}")]
    private partial void LogHeld(string detail);

    [LoggerMessage(1808, LogLevel.Error, "The room that held evidence takes could not be looked at")]
    private partial void LogFailed(Exception error);
}
