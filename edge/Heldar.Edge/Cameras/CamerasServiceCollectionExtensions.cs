using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Cameras;

internal static class CamerasServiceCollectionExtensions
{
    public static IServiceCollection AddCameras(this IServiceCollection services) => services
        .AddSingleton(s => new CameraSecrets(SecretBox.Open(s.GetRequiredService<BoxSettings>().DataFolder)))
        .AddSingleton<CameraRegistry>()
        .AddSingleton<CamerasStarted>()
        .AddHostedService<CamerasService>();
}
