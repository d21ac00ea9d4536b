using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Snapshots;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>
/// Looks at one keyframe per recording camera and half minute. One camera after the other through one ffmpeg of its own, so that it costs at most one process, whatever the number
/// of cameras, and takes nothing from viewers; where cameras are many, each is looked at less often.
/// </summary>
internal sealed partial class PictureWatch(CameraRegistry cameras, CameraProblems problems, IClock clock, ILogger<PictureWatch> log) : BackgroundService
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan KeyframeTimeout = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var decoder = new JpegDecoder();
        using var timer = new PeriodicTimer(Period);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
                foreach (var camera in await cameras.ObserveAsync(stoppingToken))
                    if (camera.Condition == CameraCondition.Recording) await LookAsync(camera.Config, decoder, stoppingToken);
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    private async Task LookAsync(CameraConfig camera, JpegDecoder decoder, CancellationToken cancellation)
    {
        try
        {
            if (await KeyframeCatcher.CatchAsync(cameras, camera.Uid, KeyframeTimeout, cancellation) is not { } keyframe) return;
            var grey = await decoder.GreyFromStreamAsync(keyframe.AnnexB, keyframe.Format, PictureJudge.Width, PictureJudge.Height, cancellation);
            problems.See(camera, grey, clock.GetCurrentInstant());
        }
        catch (Exception e) when (e is SnapshotException or IOException or NotSupportedException)
        {
            LogNoPicture(camera.Slug, e.Message);
        }
    }

    [LoggerMessage(1804, LogLevel.Debug, "camera {Camera}: its picture could not be judged: {Reason}")]
    private partial void LogNoPicture(string camera, string reason);
}
