using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Api;
using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Events;

/// <summary>Body of <c>POST /api/v1/cameras/{id}/record-trigger</c>; may be missing.</summary>
internal sealed record TriggerWrite
{
    /// <summary>What happened, such as <c>door</c>. Then the camera's mode decides; without it an operator asks, which always counts.</summary>
    public string? Event { get; init; }

    /// <summary>Name of a zone in which something was seen: an event of that zone, instead of <see cref="Event"/>.</summary>
    public string? Zone { get; init; }

    /// <summary>When an event happened, RFC 3339; at most a minute ago counts. Without it: now.</summary>
    public Instant? At { get; init; }

    /// <summary>1 to 3600 instead of the camera's post_roll_seconds; for operators only.</summary>
    public int? PostRollSeconds { get; init; }
}

/// <summary>Answer to a trigger.</summary>
/// <param name="CameraId">The camera.</param>
/// <param name="Recording">A recording is wanted because of it.</param>
/// <param name="Reason">event or operator.</param>
/// <param name="From">Its begin; the pre-roll lies before it.</param>
/// <param name="Until">Its end, unless more happens.</param>
internal sealed record TriggerDto(string CameraId, bool Recording, WishReason Reason, Instant? From, Instant? Until);

/// <summary>Routes that start recordings.</summary>
internal static class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder app)
    {
        var group = app.MapGroup("/api/v1/cameras/{id}/record-trigger").WithTags("events");
        group.MapPost("", TriggerAsync).Needs(Capability.RegistryManage).OfCamera().Accepts<TriggerWrite>(isOptional: true, "application/json").Produces<TriggerDto>().Produces<ErrorBody>(400).Produces<ErrorBody>(404).Produces<ErrorBody>(409);
        group.MapDelete("", StopAsync).Needs(Capability.RegistryManage).OfCamera().Produces(204).Produces<ErrorBody>(404);
    }

    private static async Task<IResult> TriggerAsync(string id, HttpRequest request, CameraRegistry cameras, EventTriggers triggers, IClock clock, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        var body = new TriggerWrite();
        if (request.ContentLength is null or > 0)
        {
            var (read, refusal) = await RequestBody.ReadAsync<TriggerWrite>(request, cancellation);
            if (read is null) return refusal!;
            body = read;
        }

        if (!EventRules.IsTextOrNull(body.Event, 100)) return Problems.BadRequest("event has 1 to 100 printable characters");
        if (!EventRules.IsTextOrNull(body.Zone, 90)) return Problems.BadRequest("zone has 1 to 90 printable characters");
        if (body is { Event: not null, Zone: not null }) return Problems.BadRequest("give either event or zone");
        var source = body.Event is not null ? "api:" + body.Event : body.Zone is not null ? "zone:" + body.Zone : null;
        if (body.At is not null && source is null) return Problems.BadRequest("at is for events; an operator asks now");
        if (body.PostRollSeconds is < 1 or > RecordModes.MaxPostRollSeconds) return Problems.BadRequest($"post_roll_seconds must be 1 to {RecordModes.MaxPostRollSeconds}");
        if (body.PostRollSeconds is not null && source is not null) return Problems.BadRequest("post_roll_seconds is for operators; an event takes the camera's");
        var answer = source is not null
            ? await triggers.TriggerAsync(camera.Uid, source, body.At ?? clock.GetCurrentInstant(), cancellation)
            : await triggers.StartAsync(camera, body.PostRollSeconds, cancellation);
        return answer.Result switch
        {
            TriggerResult.NotFound => CameraEndpoints.NotFound(),
            TriggerResult.Disabled => Problems.Conflict($"camera '{id}' is switched off"),
            var result => Results.Json(new TriggerDto(camera.Slug, result == TriggerResult.Recording, source is null ? WishReason.Operator : WishReason.Event, answer.From, answer.Until), BoxJson.Options),
        };
    }

    private static async Task<IResult> StopAsync(string id, CameraRegistry cameras, EventTriggers triggers, CancellationToken cancellation)
    {
        if (cameras.Find(id) is not { } camera) return CameraEndpoints.NotFound();
        return await triggers.StopAsync(camera, cancellation) ? Results.NoContent() : Problems.NotFound("no operator's recording runs");
    }
}
