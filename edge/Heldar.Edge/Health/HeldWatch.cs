using Heldar.Edge.Gaps;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Health;

/// <summary>
/// Says that held evidence will stop recording, a day before it does, and that it has. The only one who sets the alarm. Looks every 5 s; costs one small query. The
/// alarm rises at once and falls only after a minute without its cause, since segments that are still open come and go in the counters; when nothing is held any more
/// it falls at once. Begin, worsening and end are logged once each.
/// </summary>
internal sealed partial class HeldWatch(StorageReport report, HeldFootage alarm, ILogger<HeldWatch> log) : BackgroundService
{
    /// <summary>Warned from here on.</summary>
    public const double WarningHours = 24;

    /// <summary>Warned from here on while the rate is not known.</summary>
    public const long WarningBytes = 1L << 30;

    /// <summary>Part of a disk's space for footage, held, from which on people are told, whatever the rate.</summary>
    public const double WarningShare = 0.8;

    /// <summary>Looks without its cause after which the alarm falls.</summary>
    public const int LooksToFall = 12;

    /// <summary>Less than this, with all that could be deleted, is no space to record into.</summary>
    private const long FullBytes = 16L << 20;

    /// <summary>The same where nothing is left that could be deleted.</summary>
    private const long BareBytes = 64L << 20;

    private static readonly TimeSpan Period = TimeSpan.FromSeconds(5);
    private int _looksBelow;

    /// <summary>What the volumes come to: the worst one counts, but recording stops only when it does on all of them.</summary>
    public static (HeldLevel Level, string? Detail) Judge(IReadOnlyList<VolumeOutlook> volumes)
    {
        // Of a disk that is not there nobody knows what is free.
        var judged = volumes.Where(v => v.Volume is { Role: VolumeRole.Primary, Total: > 0, Fault: VolumeFault.None or VolumeFault.Full }).Select(OfOne).ToList();
        if (judged.Count == 0) return default;
        var worst = judged.MaxBy(j => j.Level);
        return worst.Level == HeldLevel.Full && judged.Any(j => j.Level != HeldLevel.Full) ? (HeldLevel.Warning, worst.Detail) : worst;
    }

    /// <summary>Takes the volumes as they are, and tells when that changes something.</summary>
    internal void Look(IReadOnlyList<VolumeOutlook> volumes)
    {
        var (level, detail) = Judge(volumes);
        var before = alarm.Level;
        _looksBelow = level < before ? _looksBelow + 1 : 0;
        if (level < before && _looksBelow < LooksToFall && volumes.Any(v => v.Footprint.HeldBytes > 0)) return;
        _looksBelow = 0;
        alarm.Set(level, detail);
        if (level > before) LogHeld(detail!);
        else if (level == HeldLevel.Fine && before != HeldLevel.Fine) LogOver();
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
                    Look(await report.ReadAsync(stoppingToken));
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

    private static (HeldLevel Level, string? Detail) OfOne(VolumeOutlook outlook)
    {
        var (path, free, bytes, held) = (outlook.Volume.Path, outlook.Volume.Free, outlook.Footprint.Bytes, outlook.Footprint.HeldBytes);
        if (held == 0) return default;
        var freeable = bytes - held;
        var room = free + freeable;
        if (room < FullBytes || (freeable == 0 && free < BareBytes))
            return (HeldLevel.Full, $"{path}: {held} bytes are held and nothing else is left to delete; {free} bytes are free: release holds or add space");
        if (outlook.HoursToHeld < WarningHours)
            return (HeldLevel.Warning, FormattableString.Invariant($"{path}: {held} bytes are held; what is left is recorded over in {outlook.HoursToHeld:0.0} h, then recording stops: release holds or add space"));
        if (outlook.HoursToHeld is null && room < WarningBytes)
            return (HeldLevel.Warning, $"{path}: {held} bytes are held; {room} bytes are left for everything else: release holds or add space");
        var usable = Math.Max(1, free + bytes - outlook.Floor);
        return held >= WarningShare * usable
            ? (HeldLevel.Warning, $"{path}: {held} of the {usable} bytes that footage may take are held; when all are, recording stops: release holds or add space")
            : default;
    }

    [LoggerMessage(1807, LogLevel.Error, "Held evidence: {Detail}")]
    private partial void LogHeld(string detail);

    [LoggerMessage(1808, LogLevel.Error, "The room that held evidence takes could not be looked at")]
    private partial void LogFailed(Exception error);

    [LoggerMessage(1809, LogLevel.Information, "Held evidence leaves room for recording again")]
    private partial void LogOver();
}
