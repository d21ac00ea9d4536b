using System.Globalization;
using Heldar.Cloud.Index;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Heldar.Fleet.Audit;
using Heldar.Fleet.Settings;
using NodaTime;

namespace Heldar.Fleet.Webhooks;

/// <summary><c>/api/v1/webhooks</c>: endpoints, their secrets, tests, replays and logs. For administrators, since a URL may itself be a secret.</summary>
internal static class WebhookEndpoints
{
    private const string NoSuch = "there is no such webhook endpoint";

    public static void MapWebhooks(this IEndpointRouteBuilder app)
    {
        var webhooks = app.MapGroup("/api/v1/webhooks").Needs(Need.Admin).WithTags("Webhooks");
        webhooks.MapGet("", ListAsync).Produces<IReadOnlyList<WebhookView>>();
        webhooks.MapPost("", CreateAsync).Accepts<WebhookRequest>("application/json").Produces<WebhookSecretView>(201);
        webhooks.MapGet("/{endpoint:guid}", GetAsync).Produces<WebhookView>();
        webhooks.MapPut("/{endpoint:guid}", UpdateAsync).Accepts<WebhookRequest>("application/json").Produces(204);
        webhooks.MapDelete("/{endpoint:guid}", DeleteAsync).Produces(204);
        webhooks.MapPost("/{endpoint:guid}/secret", RotateAsync).Accepts<RotateRequest>("application/json").Produces<WebhookSecretView>();
        webhooks.MapPost("/{endpoint:guid}/test", TestAsync).Produces<TestView>(202);
        webhooks.MapPost("/{endpoint:guid}/replay", ReplayAsync).Accepts<ReplayRequest>("application/json").Produces<ReplayView>(202);
        webhooks.MapGet("/{endpoint:guid}/deliveries", LogAsync).Produces<DeliveryPage>();
    }

    private static async Task<IResult> ListAsync(HttpContext context, Caller caller, WebhookDirectory webhooks) =>
        Results.Json(await webhooks.ListAsync(caller.Tenant, null, context.RequestAborted), HeldarJson.Options);

    private static async Task<IResult> GetAsync(Guid endpoint, HttpContext context, Caller caller, WebhookDirectory webhooks) =>
        await FindAsync(endpoint, context, caller, webhooks) is { } found ? Results.Json(found, HeldarJson.Options) : Answers.NotFound(NoSuch);

    private static async Task<IResult> CreateAsync(HttpContext context, Caller caller, WebhookDirectory webhooks, FleetOptions options)
    {
        var request = await JsonBody.ReadAsync<WebhookRequest>(context);
        request.Check(options.OutgoingLoopback);
        return await webhooks.CreateAsync(caller.Tenant, request, caller.Name, context.RequestAborted) is { } made
            ? Results.Json(made, HeldarJson.Options, statusCode: 201)
            : Answers.Conflict($"there are {WebhookDirectory.MaxEndpoints} endpoints already; delete one first");
    }

    private static async Task<IResult> UpdateAsync(Guid endpoint, HttpContext context, Caller caller, WebhookDirectory webhooks, FleetOptions options)
    {
        var request = await JsonBody.ReadAsync<WebhookRequest>(context);
        request.Check(options.OutgoingLoopback);
        return await webhooks.UpdateAsync(caller.Tenant, endpoint, request, caller.Name, context.RequestAborted) ? Results.NoContent() : Answers.NotFound(NoSuch);
    }

    private static async Task<IResult> DeleteAsync(Guid endpoint, HttpContext context, Caller caller, WebhookDirectory webhooks) =>
        await webhooks.DeleteAsync(caller.Tenant, endpoint, caller.Name, context.RequestAborted) ? Results.NoContent() : Answers.NotFound(NoSuch);

    private static async Task<IResult> RotateAsync(Guid endpoint, HttpContext context, Caller caller, WebhookDirectory webhooks)
    {
        var request = await JsonBody.ReadAsync<RotateRequest>(context);
        if (request.OverlapHours is < 0 or > 168) throw new BadInputException("overlapHours must be 0 to 168");
        return await webhooks.RotateAsync(caller.Tenant, endpoint, Duration.FromHours(request.OverlapHours), caller.Name, context.RequestAborted) is { } made
            ? Results.Json(made, HeldarJson.Options)
            : Answers.NotFound(NoSuch);
    }

    private static async Task<IResult> TestAsync(Guid endpoint, HttpContext context, Caller caller, WebhookDirectory webhooks, WebhookReplay replay)
    {
        if (await FindAsync(endpoint, context, caller, webhooks) is not { } found) return Answers.NotFound(NoSuch);
        if (!found.Enabled) return Answers.Conflict("the endpoint is disabled; enable it first");
        await webhooks.NoteAsync(caller.Tenant, endpoint, caller.Name, AuditActions.WebhookTested, null, context.RequestAborted);
        return Results.Json(new TestView(await replay.TestAsync(caller.Tenant, endpoint, found.Name, context.RequestAborted)), HeldarJson.Options, statusCode: 202);
    }

    private static async Task<IResult> ReplayAsync(Guid endpoint, HttpContext context, Caller caller, WebhookDirectory webhooks, WebhookReplay replay)
    {
        var request = await JsonBody.ReadAsync<ReplayRequest>(context);
        if (!EventRules.IsTime(request.From) || !EventRules.IsTime(request.To) || request.To <= request.From || request.To - request.From > RecordingQuery.MaxRange)
            throw new BadInputException($"from and to are times, to the later one, at most {RecordingQuery.MaxRange.Days} days apart");
        if (await FindAsync(endpoint, context, caller, webhooks) is not { } found) return Answers.NotFound(NoSuch);
        if (!found.Enabled) return Answers.Conflict("the endpoint is disabled; enable it first");
        await webhooks.NoteAsync(caller.Tenant, endpoint, caller.Name, AuditActions.WebhookReplayed, request, context.RequestAborted);
        var (deliveries, next) = await replay.ReplayAsync(caller.Tenant, endpoint, request.From, request.To, request.All, context.RequestAborted);
        return Results.Json(new ReplayView(deliveries, next), HeldarJson.Options, statusCode: 202);
    }

    private static async Task<IResult> LogAsync(Guid endpoint, HttpContext context, Caller caller, DeliveryLog log)
    {
        var query = context.Request.Query;
        var state = query["state"] switch
        {
            [] or [""] => null,
            ["pending"] or ["delivered"] or ["failed"] => query["state"][0],
            _ => throw new BadInputException("state must be pending, delivered or failed"),
        };
        long? before = query["cursor"] is not [{ Length: > 0 } text] ? null
            : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : throw new BadInputException("cursor is not one that a page gave; start again without it");
        var limit = QueryText.Number(query, "limit", DeliveryLog.DefaultLimit, 1, DeliveryLog.MaxLimit);
        return Results.Json(await log.PageAsync(caller.Tenant, endpoint, state, before, limit, context.RequestAborted), HeldarJson.Options);
    }

    private static async Task<WebhookView?> FindAsync(Guid endpoint, HttpContext context, Caller caller, WebhookDirectory webhooks) =>
        (await webhooks.ListAsync(caller.Tenant, endpoint, context.RequestAborted)).SingleOrDefault();
}
