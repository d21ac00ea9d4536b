using Heldar.Cloud.Holds;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;

namespace Heldar.Fleet.Holds;

/// <summary><c>GET /api/v1/holds</c>: evidence locks of all boxes. They are placed and ended on the boxes.</summary>
internal static class HoldEndpoints
{
    public static void MapHolds(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/holds", PageAsync).Needs(Need.Viewer).WithTags("Holds").Produces<HoldsPage>();

    private static async Task<IResult> PageAsync(HttpContext context, Caller caller, HoldList holds)
    {
        var query = context.Request.Query;
        bool? standing = query["state"] switch
        {
            [] or [""] or ["standing"] => true,
            ["ended"] => false,
            ["all"] => null,
            _ => throw new BadInputException("state must be standing (the default), ended or all"),
        };
        int limit = QueryText.Number(query, "limit", HoldQuery.DefaultLimit, 1, HoldQuery.MaxLimit);
        string? cursor = query["cursor"] is [{ Length: > 0 } text] ? text : null;
        try
        {
            var wanted = new HoldQuery(caller.Tenant, QueryText.Slugs(query, "sites"), QueryText.Ids(query, "cameras"), standing);
            return Results.Json(await holds.PageAsync(wanted, cursor, limit, context.RequestAborted), HeldarJson.Options);
        }
        catch (ArgumentException wrong) when (wrong.ParamName == "cursor")
        {
            throw new BadInputException("cursor is not one that a page gave; start again without it");
        }
    }
}
