using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.Health;

/// <summary>One camera's health in an answer.</summary>
internal sealed record CameraHealthDto
{
    public required string CameraId { get; init; }

    public required Guid CameraUid { get; init; }

    public required string Name { get; init; }

    public required CameraCondition State { get; init; }

    public Instant? Since { get; init; }

    public string? LastError { get; init; }

    public Instant? LastStartedAt { get; init; }

    public Instant? LastSegmentAt { get; init; }

    public Instant? RecordedThrough { get; init; }

    public Instant? LastMediaAt { get; init; }

    public required int ReconnectCount { get; init; }

    public required long SegmentsWritten { get; init; }

    public required double FpsObserved { get; init; }

    public required double BitrateKbps { get; init; }

    public required long PacketsLost { get; init; }

    public double? CameraOffsetMs { get; init; }

    /// <summary>Pictures per second that the camera usually sends, once that is known.</summary>
    public double? UsualFps { get; init; }

    /// <summary>What is wrong although it records: audio_lost, black, clock_offset, covered, events_lost, frozen, low_fps, no_audio, pre_roll_short, scene_changed.</summary>
    public required IReadOnlyList<string> Problems { get; init; }
}

/// <summary>Routes about health.</summary>
internal static class HealthEndpoints
{
    public static void MapHealth(this IEndpointRouteBuilder app)
    {
        app.MapGet("/healthz", () => Results.Json(new { status = "ok" }, BoxJson.Options)).IsOpen().WithTags("health");
        app.MapGet("/readyz", (Readiness readiness, CancellationToken cancellation) => readiness.AnswerAsync(cancellation)).IsOpen().WithTags("health").Produces<ReadinessDto>().Produces<ReadinessDto>(503);
        app.MapGet("/health", (Readiness readiness, CancellationToken cancellation) => readiness.FullAsync(cancellation)).Needs(Capability.SystemRead).BoxWide().WithTags("health").Produces<ReadinessDto>().Produces<ReadinessDto>(503);
        app.MapGet("/api/v1/health/cameras", ListAsync).Needs(Capability.CameraRead).FiltersCameras().WithTags("health").Produces<IReadOnlyList<CameraHealthDto>>();
        app.MapGet("/api/v1/cameras/{id}/health", GetAsync).Needs(Capability.CameraRead).OfCamera().WithTags("health").Produces<CameraHealthDto>().Produces<ErrorBody>(404);
    }

    private static async Task<IResult> ListAsync(Caller caller, CameraRegistry cameras, CameraWatch watch, CameraProblems problems, CancellationToken cancellation)
    {
        var observed = await cameras.ObserveAsync(cancellation);
        return Results.Json(observed.Where(c => caller.Sees(c.Config.Slug)).OrderBy(c => c.Config.Slug, StringComparer.Ordinal).Select(c => ToDto(c, watch, problems)).ToList(), BoxJson.Options);
    }

    private static async Task<IResult> GetAsync(string id, CameraRegistry cameras, CameraWatch watch, CameraProblems problems, CancellationToken cancellation) =>
        cameras.Find(id) is { } config && cameras.Get(config.Uid.ToString("D")) is { } camera
            ? Results.Json(ToDto(await camera.ObserveAsync(cancellation), watch, problems), BoxJson.Options)
            : CameraEndpoints.NotFound();

    private static CameraHealthDto ToDto(CameraObserved camera, CameraWatch watch, CameraProblems problems) => new()
    {
        CameraId = camera.Config.Slug,
        CameraUid = camera.Config.Uid,
        Name = camera.Config.Name,
        State = camera.Condition,
        Since = watch.Find(camera.Config.Uid) is { } known && known.Condition == camera.Condition ? known.Since : null,
        LastError = camera.Cause,
        LastStartedAt = camera.Recorder?.RecordedSince,
        LastSegmentAt = camera.Recorder?.OpenStart,
        RecordedThrough = camera.Recorder?.RecordedThrough,
        LastMediaAt = camera.Stream?.LastMediaAt,
        ReconnectCount = camera.Stream?.Reconnects ?? 0,
        SegmentsWritten = camera.Recorder?.Segments ?? 0,
        FpsObserved = Math.Round(camera.Stream?.Fps ?? 0, 2),
        BitrateKbps = Math.Round((camera.Stream?.BitsPerSecond ?? 0) / 1000.0, 1),
        PacketsLost = camera.Stream?.PacketsLost ?? 0,
        CameraOffsetMs = camera.Stream?.CameraOffset?.TotalMilliseconds,
        UsualFps = problems.UsualFps(camera.Config.Uid) is { } usual ? Math.Round(usual, 2) : null,
        Problems = problems.Find(camera.Config.Uid),
    };
}
