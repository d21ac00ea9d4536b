using Heldar.Contracts;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;

namespace Heldar.Fleet.Operation;

/// <summary><c>/api/v1/operation</c>: how the pipeline is, for administrators.</summary>
internal static class OperationEndpoints
{
    public static void MapOperation(this IEndpointRouteBuilder app)
    {
        var operation = app.MapGroup("/api/v1/operation").WithTags("Operation").Needs(Need.Admin);
        operation.MapGet("", ReadAsync).Produces<OperationView>();
        operation.MapGet("/boxes", BoxesAsync).Produces<BoxLagsPage>();
    }

    private static async Task<IResult> ReadAsync(HttpContext context, Caller caller, OperationDirectory operation) =>
        Results.Json(await operation.ReadAsync(caller.Tenant, context.RequestAborted), HeldarJson.Options);

    private static async Task<IResult> BoxesAsync(HttpContext context, Caller caller, BoxLags boxes)
    {
        var query = context.Request.Query;
        var limit = QueryText.Number(query, "limit", BoxLags.DefaultLimit, 1, BoxLags.MaxLimit);
        var cursor = query["cursor"] is [{ Length: > 0 } text] ? text : null;
        try
        {
            return Results.Json(await boxes.PageAsync(caller.Tenant, QueryText.Slugs(query, "sites"), cursor, limit, context.RequestAborted), HeldarJson.Options);
        }
        catch (ArgumentException wrong) when (wrong.ParamName == "cursor")
        {
            throw new BadInputException("cursor is not one that a page gave; start again without it");
        }
    }
}
