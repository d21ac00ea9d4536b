using Heldar.Edge.Cameras;
using Heldar.Edge.Snapshots;
using Heldar.Media.Ingest;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>
/// Looks at one keyframe per camera that sends pictures, recorded or not, every other minute: half the cameras each minute, and with them those that showed a new fault the
/// time before. Up to <see cref="JpegDecoder.MaxGreys"/> of them go through one ffmpeg, and one ffmpeg runs at a time, so that it costs little whatever the number of cameras and
/// takes nothing from viewers.
/// </summary>
internal sealed partial class PictureWatch(CameraRegistry cameras, CameraProblems problems, IClock clock, ILogger<PictureWatch> log) : BackgroundService
{
    public static readonly TimeSpan Period = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan KeyframeTimeout = TimeSpan.FromSeconds(2);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var decoder = new JpegDecoder();
        using var timer = new PeriodicTimer(Period);
        try
        {
            for (var minute = 0; await timer.WaitForNextTickAsync(stoppingToken); minute++)
            {
                var half = minute & 1;
                await LookAsync(decoder, camera => (camera.GetHashCode() & 1) == half || problems.Doubts(camera), stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // Stopping.
        }
    }

    /// <summary>Looks once at every camera that sends pictures and that is asked for.</summary>
    internal async Task LookAsync(JpegDecoder decoder, Func<Guid, bool> which, CancellationToken cancellation)
    {
        var observed = (await cameras.ObserveAsync(cancellation)).Where(c => c.Stream is { State: StreamState.Streaming } && which(c.Config.Uid));
        foreach (var some in observed.Select(c => c.Config).Chunk(JpegDecoder.MaxGreys))
            await LookAsync(some, decoder, cancellation);
    }

    private async Task LookAsync(CameraConfig[] some, JpegDecoder decoder, CancellationToken cancellation)
    {
        var caught = await Task.WhenAll(some.Select(async c => (Camera: c, Keyframe: await KeyframeCatcher.CatchAsync(cameras, c.Uid, KeyframeTimeout, cancellation))));
        foreach (var group in caught.Where(c => c.Keyframe is not null).GroupBy(c => c.Keyframe!.Format))
        {
            var all = group.Select(c => (c.Camera, Keyframe: c.Keyframe!)).ToList();
            if (all.Count > 1 && await TryJudgeAsync(all, decoder, cancellation) is null) continue;
            foreach (var one in all)
                if (await TryJudgeAsync([one], decoder, cancellation) is { } reason) LogNoPicture(one.Camera.Slug, reason);
        }
    }

    /// <returns>Why it was not possible; null when it was.</returns>
    private async Task<string?> TryJudgeAsync(List<(CameraConfig Camera, Keyframe Keyframe)> some, JpegDecoder decoder, CancellationToken cancellation)
    {
        try
        {
            var greys = await decoder.GreysFromStreamsAsync([.. some.Select(c => c.Keyframe.AnnexB)], some[0].Keyframe.Format, PictureJudge.Width, PictureJudge.Height, cancellation);
            foreach (var ((camera, _), grey) in some.Zip(greys)) problems.See(camera, grey, clock.GetCurrentInstant());
            return null;
        }
        catch (Exception e) when (e is SnapshotException or IOException or NotSupportedException)
        {
            return e.Message;
        }
    }

    [LoggerMessage(1804, LogLevel.Debug, "camera {Camera}: its picture could not be judged: {Reason}")]
    private partial void LogNoPicture(string camera, string reason);
}
