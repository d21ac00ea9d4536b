using Heldar.Contracts;
using Heldar.Fleet.Access;

namespace Heldar.Fleet.Cameras;

/// <summary><c>GET /api/v1/cameras</c>.</summary>
internal static class CameraEndpoints
{
    public static void MapCameras(this IEndpointRouteBuilder app) =>
        app.MapGet("/api/v1/cameras", ListAsync).Needs(Need.Viewer).WithTags("Cameras").Produces<IReadOnlyList<CameraView>>();

    private static async Task<IResult> ListAsync(HttpContext context, Caller caller, CameraDirectory cameras) =>
        Results.Json(await cameras.ListAsync(caller.Tenant, context.RequestAborted), HeldarJson.Options);
}
