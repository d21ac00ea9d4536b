using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Heldar.Edge.CameraEvents;

internal static class CameraEventsServiceCollectionExtensions
{
    /// <summary>Registers following cameras' events; call it behind the cameras, so that it stops before them.</summary>
    public static IServiceCollection AddCameraEvents(this IServiceCollection services)
    {
        services.TryAddSingleton(CameraEventOptions.Default);
        return services.AddSingleton<CameraEventStates>().AddHostedService<CameraEventsService>();
    }
}
