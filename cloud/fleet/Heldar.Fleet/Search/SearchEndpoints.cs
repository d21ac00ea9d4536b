using Azure;
using Heldar.Cloud.Index;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using NodaTime;

namespace Heldar.Fleet.Search;

/// <summary>Answer of <c>GET /api/v1/timeline</c>; spans are pairs of Unix milliseconds.</summary>
internal sealed record Timeline(Instant From, Instant To, IReadOnlyList<TimelineCamera> Cameras);

/// <summary>Recordings, timeline and proofs: bounds are checked here, the tenant is the session's, the index answers.</summary>
internal static class SearchEndpoints
{
    public static void MapSearch(this IEndpointRouteBuilder app)
    {
        var api = app.MapGroup("/api/v1").WithTags("Search");
        api.MapGet("/recordings", PageAsync).Needs(Need.Viewer).Produces<RecordingsPage>();
        api.MapGet("/timeline", TimelineAsync).Needs(Need.Viewer).Produces<Timeline>();
        api.MapGet("/recordings/{camera:guid}/{start}/proof", ProofAsync).Needs(Need.Viewer).Produces<RecordingProof>().Produces<ErrorBody>(404);
        api.MapEvents();
    }

    private static async Task<IResult> PageAsync(HttpContext context, Caller caller, RecordingSearch search)
    {
        var query = Query(context.Request.Query, caller);
        int limit = QueryText.Number(context.Request.Query, "limit", RecordingQuery.DefaultLimit, 1, RecordingQuery.MaxLimit);
        string? cursor = context.Request.Query["cursor"] is [{ Length: > 0 } text] ? text : null;
        try
        {
            return Results.Json(await search.PageAsync(query, cursor, limit, context.RequestAborted), HeldarJson.Options);
        }
        catch (ArgumentException wrong) when (wrong.ParamName == "cursor")
        {
            throw new BadInputException("cursor is not one that a page gave; start again without it");
        }
    }

    private static async Task<IResult> TimelineAsync(HttpContext context, Caller caller, RecordingSearch search)
    {
        var query = Query(context.Request.Query, caller);
        return Results.Json(new Timeline(query.From, query.To, await search.TimelineAsync(query, context.RequestAborted)), HeldarJson.Options);
    }

    private static async Task<IResult> ProofAsync(HttpContext context, Caller caller, Guid camera, string start, RecordingSearch search)
    {
        if (!QueryText.TryTime(start, out var at)) throw new BadInputException("name the recording by its start, such as /api/v1/recordings/{camera}/2026-11-21T04:37:00Z/proof");
        try
        {
            return await search.ProofAsync(caller.Tenant, camera, at, context.RequestAborted) is { } proof
                ? Results.Json(proof, HeldarJson.Options)
                : Answers.NotFound("the index has no closed recording there");
        }
        catch (Exception failure) when (failure is RequestFailedException or AggregateException)
        {
            return Answers.Unavailable("the storage account that keeps proofs does not answer; try again in a moment");
        }
    }

    private static RecordingQuery Query(IQueryCollection query, Caller caller)
    {
        var (from, to) = QueryText.Range(query);
        return new RecordingQuery(caller.Tenant, from, to, QueryText.Slugs(query, "sites"), QueryText.Ids(query, "cameras"));
    }
}
