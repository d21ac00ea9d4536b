namespace Heldar.Fleet.Cameras;

internal static class CameraEndpoints
{
    public static void MapCameras(this IEndpointRouteBuilder app)
    {
    }
}
