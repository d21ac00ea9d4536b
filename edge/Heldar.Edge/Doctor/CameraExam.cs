using Heldar.Edge.Ingest;
using Heldar.Edge.Settings;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Doctor;

/// <summary>Opens every camera of the settings for a moment, two at a time, at most 10 s each.</summary>
internal static class CameraExam
{
    public static async Task<IReadOnlyList<Finding>> LookAsync(IEnumerable<CameraSettings> cameras, IClock clock, CancellationToken cancellation)
    {
        await using var engine = new IngestEngine(new IngestOptions(), new MediaBlockPool(), clock);
        using var probe = new StreamProbe(engine);
        return await Task.WhenAll(cameras.Where(c => c.Enabled).Select(c => OneAsync(c, probe, cancellation)));
    }

    private static async Task<Finding> OneAsync(CameraSettings camera, StreamProbe probe, CancellationToken cancellation)
    {
        var source = new StreamSource(new Uri(camera.Url), camera.Username, camera.Password?.Reveal(), camera.Audio, ClockSource.Box) { CertificateSha256 = camera.Certificate };
        var status = await probe.ProbeAsync(source, cancellation);
        if (status.Format is { Video: var video }) return Finding.Ok("camera", $"{camera.Id} sends {video?.Codec} {video?.Width}x{video?.Height}");
        var where = CameraUrl.Masked(camera.Url);
        return status.State == StreamState.AuthFailed
            ? Finding.Failure("camera", $"{camera.Id} refuses user name or password", status.Cause ?? "it answered 401", "correct username and password of the camera; after several wrong ones many cameras lock for minutes")
            : Finding.Failure("camera", $"{camera.Id} sends no picture ({where})", status.Cause ?? "it did not answer within 10 s", "look at cable, address and the path of the stream; a box with more cameras than a switch has power shows the same");
    }
}
