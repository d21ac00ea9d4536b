using System.Runtime.InteropServices;
using System.Threading.Channels;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Cameras;

/// <summary>
/// Reads <c>heldar.yaml</c> again on SIGHUP and applies what differs: cameras one by one with their limits and mirror, and the usual length of a segment at the next cut. A file with a mistake
/// changes nothing; what only a start can change is named. One reload at a time.
/// </summary>
internal sealed partial class SettingsReload(CameraRegistry cameras, BoxSettings settings, ILogger<SettingsReload> log) : BackgroundService
{
    private readonly Channel<bool> _asked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });

    /// <summary>Reads the file and applies it; false when it has mistakes.</summary>
    public async Task<bool> ReloadAsync(CancellationToken cancellation)
    {
        BoxSettings next;
        try
        {
            next = SettingsReader.ReadFile(settings.File, Environment.GetEnvironmentVariable);
        }
        catch (SettingsException e)
        {
            LogRefused(e.Message);
            return false;
        }

        await cameras.ApplyYamlAsync(next.Cameras, next.Recording.SegmentSeconds, cancellation);
        var waiting = string.Join(", ", NeedStart(settings, next));
        if (waiting.Length > 0) LogWaiting(waiting);
        LogApplied(settings.File);
        return true;
    }

    /// <summary>Sections that differ and are read at a start only.</summary>
    public static IReadOnlyList<string> NeedStart(BoxSettings running, BoxSettings next)
    {
        List<string> sections = [];
        if ((running.Name, running.Listen, running.DataFolder, running.TimeZone.Id) != (next.Name, next.Listen, next.DataFolder, next.TimeZone.Id)) sections.Add("box");
        if (!running.Recording.Volumes.SequenceEqual(next.Recording.Volumes) || !running.Recording.AllVolumes.SequenceEqual(next.Recording.AllVolumes)) sections.Add("recording.volumes");
        if (running.Recording.PreRollBudgetMiB != next.Recording.PreRollBudgetMiB) sections.Add("recording.preRollBudgetMiB");
        if (running.Recording.Mirror != next.Recording.Mirror) sections.Add("recording.mirror");
        if (running.Recording.ScrubMiBPerSecond != next.Recording.ScrubMiBPerSecond) sections.Add("recording.scrubMiBPerSecond");
        if (running.Fleet != next.Fleet) sections.Add("fleet");
        var (retention, other) = (running.Retention with { Cameras = [] }, next.Retention with { Cameras = [] });
        if (retention != other || !OfOthers(running).SequenceEqual(OfOthers(next))) sections.Add("retention");
        if (running.Anr != next.Anr) sections.Add("anr");
        if (running.MinRecordingPercent != next.MinRecordingPercent) sections.Add("health.minRecordingPercent");
        if (running.MaxDatabaseBytes != next.MaxDatabaseBytes) sections.Add("database.maxBytes");
        if (running.Telemetry != next.Telemetry) sections.Add("telemetry");
        if (running.Log != next.Log) sections.Add("log");
        return sections;
    }

    /// <summary>Limits of cameras that the file does not own: those that it owns take theirs at once.</summary>
    private static IEnumerable<CameraRetentionSettings> OfOthers(BoxSettings settings) => settings.Retention.Cameras.Where(r => !settings.Cameras.Any(c => c.Id == r.Id));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var signal = PosixSignalRegistration.Create(PosixSignal.SIGHUP, context =>
        {
            context.Cancel = true;
            _asked.Writer.TryWrite(true);
        });
        await foreach (var _ in _asked.Reader.ReadAllAsync(stoppingToken))
        {
            try
            {
                await ReloadAsync(stoppingToken);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                LogFailed(e);
            }
        }
    }

    [LoggerMessage(1106, LogLevel.Information, "{File} was read again and applied")]
    private partial void LogApplied(string file);

    [LoggerMessage(1107, LogLevel.Error, "the settings were not applied: {Problem}")]
    private partial void LogRefused(string problem);

    [LoggerMessage(1108, LogLevel.Warning, "these settings differ and wait for the next start: {Sections}")]
    private partial void LogWaiting(string sections);

    [LoggerMessage(1109, LogLevel.Error, "the settings could not be applied")]
    private partial void LogFailed(Exception error);
}
