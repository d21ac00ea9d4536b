using Heldar.Contracts.Api;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using NodaTime;

namespace Heldar.Edge.CameraEvents;

/// <summary>How the box stands with a camera's own events.</summary>
/// <param name="CameraId">The camera.</param>
/// <param name="State">connecting, subscribed or failed; absent when its events are not followed.</param>
/// <param name="Since">Since when.</param>
/// <param name="Cause">Why they do not come.</param>
/// <param name="Received">Events that came since the box started to follow them.</param>
/// <param name="Triggered">Of these, what triggers.</param>
/// <param name="LastEventAt">When the newest came.</param>
/// <param name="GoesOn">What goes on now.</param>
/// <param name="Topics">Topics that the camera has sent, to choose from.</param>
internal sealed record CameraEventsDto(
    string CameraId, CameraEventCondition? State, Instant? Since, string? Cause, long Received, long Triggered, Instant? LastEventAt, string? GoesOn, IReadOnlyCollection<string> Topics);

/// <summary>The route that shows what a camera tells by itself.</summary>
internal static class CameraEventEndpoints
{
    public static void MapCameraEvents(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/cameras/{id}/camera-events", Get).Needs(Capability.CameraRead).OfCamera().WithTags("events").Produces<CameraEventsDto>().Produces<ErrorBody>(404);

    private static IResult Get(string id, CameraRegistry cameras, CameraEventStates states)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        var state = states.Find(camera.Uid);
        return Results.Json(
            new CameraEventsDto(camera.Slug, state?.Condition, state?.Since, state?.Cause, state?.Received ?? 0, state?.Triggered ?? 0, state?.LastEventAt, state?.GoesOn, state?.Topics ?? []), BoxJson.Options);
    }
}
