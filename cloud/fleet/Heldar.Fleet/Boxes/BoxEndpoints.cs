using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Heldar.Fleet.Shards;
using NodaTime;

namespace Heldar.Fleet.Boxes;

/// <summary>What boxes ask for, and the list of boxes for people.</summary>
internal static class BoxEndpoints
{
    public static void MapBoxes(this IEndpointRouteBuilder app)
    {
        var boxes = app.MapGroup("/api/v1/boxes").WithTags("Boxes");
        boxes.MapGet("", ListAsync).Needs(Need.Viewer).Produces<IReadOnlyList<BoxView>>();
        boxes.MapDelete("/{box:guid}", RemoveAsync).Needs(Need.Admin).Produces(204);
        boxes.MapPost("/{box:guid}/sas", RenewAsync).Needs(Need.Box).Produces<SasGrant>();
        boxes.MapPost("/{box:guid}/heartbeat", BeatAsync).Needs(Need.Box).Accepts<HeartbeatRequest>("application/json").Produces<HeartbeatResponse>();
    }

    private static async Task<IResult> ListAsync(HttpContext context, Caller caller, BoxDirectory boxes) =>
        Results.Json(await boxes.ListAsync(caller.Tenant, context.RequestAborted), HeldarJson.Options);

    private static async Task<IResult> RemoveAsync(HttpContext context, Guid box, Caller caller, BoxRemoval removal) =>
        await removal.RemoveAsync(caller, box, context.RequestAborted) ? Results.NoContent() : Answers.NotFound("there is no such box");

    private static async Task<IResult> RenewAsync(HttpContext context, BoxCaller signer, ShardPlacement shards, BoxGrants grants)
    {
        string shard = await shards.PlaceAsync(signer.Tenant, signer.Box, signer.Shard, context.RequestAborted);
        return Results.Json(await grants.CreateAsync(signer.Tenant, signer.Box, shard, context.RequestAborted), HeldarJson.Options);
    }

    private static async Task<IResult> BeatAsync(HttpContext context, BoxCaller signer, BoxDirectory boxes, BoxGrants grants, IClock clock)
    {
        var beat = JsonBody.Parse<HeartbeatRequest>(SignedBody.Of(context).Bytes);
        if (!EventRules.IsText(beat.Version, 64) || beat.BootSeq < 0 || beat.OutboxBacklog < 0)
            throw new BadInputException("version must be 1 to 64 printable characters, bootSeq and outboxBacklog must not be negative");
        if (!EventRules.IsTime(beat.BoxTime) || !EventRules.IsTime(beat.OldestWaitingAt)) throw new BadInputException("boxTime and oldestWaitingAt must be times from 1970 to 9998");
        await boxes.BeatAsync(signer, beat, context.RequestAborted);
        var watermarks = await grants.WatermarksAsync(signer.Tenant, signer.Box, context.RequestAborted);
        return Results.Json(new HeartbeatResponse(clock.GetCurrentInstant(), watermarks), HeldarJson.Options);
    }
}
