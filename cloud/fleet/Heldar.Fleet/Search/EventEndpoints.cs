using System.Globalization;
using Heldar.Cloud.Coverage;
using Heldar.Cloud.Detections;
using Heldar.Cloud.Events;
using Heldar.Cloud.Gaps;
using Heldar.Cloud.Snapshots;
using Heldar.Cloud.Zones;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;

namespace Heldar.Fleet.Search;

/// <summary>Detections, zone events, stills, gaps and the coverage ledger: bounds are checked here, the tenant is the session's.</summary>
internal static class EventEndpoints
{
    public static void MapEvents(this IEndpointRouteBuilder api)
    {
        api.MapGet("/detections", DetectionsAsync).Needs(Need.Viewer).Produces<DetectionsPage>();
        api.MapGet("/zone-events", ZonesAsync).Needs(Need.Viewer).Produces<ZoneEventsPage>();
        api.MapGet("/snapshots", SnapshotsAsync).Needs(Need.Viewer).Produces<SnapshotsPage>();
        api.MapGet("/gaps", GapsAsync).Needs(Need.Viewer).Produces<GapsPage>();
        api.MapGet("/coverage", CoverageAsync).Needs(Need.Viewer).Produces<CoveragePage>();
    }

    private static Task<IResult> DetectionsAsync(HttpContext context, Caller caller, DetectionSearch search) => PageAsync(context, caller, (query, cursor, limit) =>
    {
        var text = context.Request.Query;
        return search.PageAsync(query, new DetectionFilter(QueryText.Words(text, "labels"), QueryText.Words(text, "tasks"), Confidence(text)), cursor, limit, context.RequestAborted);
    });

    private static Task<IResult> ZonesAsync(HttpContext context, Caller caller, ZoneSearch search) => PageAsync(context, caller, (query, cursor, limit) =>
    {
        var text = context.Request.Query;
        var filter = new ZoneFilter(QueryText.Words(text, "zones"), QueryText.Words(text, "events"), QueryText.Words(text, "labels"), QueryText.Words(text, "severities"));
        return search.PageAsync(query, filter, cursor, limit, context.RequestAborted);
    });

    private static Task<IResult> SnapshotsAsync(HttpContext context, Caller caller, SnapshotSearch search) => PageAsync(
        context, caller, (query, cursor, limit) => search.PageAsync(query, QueryText.Words(context.Request.Query, "reasons"), cursor, limit, context.RequestAborted));

    private static Task<IResult> GapsAsync(HttpContext context, Caller caller, GapSearch search) => PageAsync(
        context, caller, (query, cursor, limit) => search.PageAsync(query, QueryText.Words(context.Request.Query, "causes"), cursor, limit, context.RequestAborted));

    private static Task<IResult> CoverageAsync(HttpContext context, Caller caller, CoverageSearch search) => PageAsync(context, caller, (query, cursor, limit) =>
    {
        var byDay = context.Request.Query["step"] switch
        {
            [] or [""] or ["hour"] => false,
            ["day"] => true,
            _ => throw new BadInputException("step must be hour (the default) or day"),
        };
        return search.PageAsync(query, byDay, cursor, limit, context.RequestAborted);
    });

    private static async Task<IResult> PageAsync<T>(HttpContext context, Caller caller, Func<EventQuery, string?, int, Task<T>> page)
    {
        var text = context.Request.Query;
        var (from, to) = QueryText.Range(text);
        int limit = QueryText.Number(text, "limit", EventQuery.DefaultLimit, 1, EventQuery.MaxLimit);
        string? cursor = text["cursor"] is [{ Length: > 0 } given] ? given : null;
        try
        {
            return Results.Json(await page(new EventQuery(caller.Tenant, from, to, QueryText.Slugs(text, "sites"), QueryText.Ids(text, "cameras")), cursor, limit), HeldarJson.Options);
        }
        catch (ArgumentException wrong) when (wrong.ParamName == "cursor")
        {
            throw new BadInputException("cursor is not one that a page gave; start again without it");
        }
    }

    private static double? Confidence(IQueryCollection query)
    {
        string? text = query["confidence"];
        if (string.IsNullOrEmpty(text)) return null;
        return double.TryParse(text, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var least) && least is >= 0 and <= 1
            ? least
            : throw new BadInputException("confidence must be a number from 0 to 1");
    }
}
