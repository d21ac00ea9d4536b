using Heldar.Contracts;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;

namespace Heldar.Fleet.Sites;

/// <summary><c>/api/v1/sites</c>.</summary>
internal static class SiteEndpoints
{
    public static void MapSites(this IEndpointRouteBuilder app)
    {
        var sites = app.MapGroup("/api/v1/sites").WithTags("Sites");
        sites.MapGet("", ListAsync).Needs(Need.Viewer).Produces<IReadOnlyList<SiteView>>();
        sites.MapPost("", CreateAsync).Needs(Need.Admin).Accepts<SiteRequest>("application/json").Produces<SiteRequest>(201);
    }

    private static async Task<IResult> ListAsync(HttpContext context, Caller caller, SiteDirectory sites) =>
        Results.Json(await sites.ListAsync(caller.Tenant, context.RequestAborted), HeldarJson.Options);

    private static async Task<IResult> CreateAsync(HttpContext context, Caller caller, SiteDirectory sites)
    {
        var request = await JsonBody.ReadAsync<SiteRequest>(context);
        return await sites.CreateAsync(caller.Tenant, request, caller.Name, context.RequestAborted)
            ? Results.Json(request, HeldarJson.Options, statusCode: 201)
            : Answers.Conflict($"there is a site '{request.Site}' already");
    }
}
