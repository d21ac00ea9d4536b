using Heldar.Edge.Secrets;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;

namespace Heldar.Edge.Cameras;

internal static class CamerasServiceCollectionExtensions
{
    public static IServiceCollection AddCameras(this IServiceCollection services) => services
        .AddSingleton(new StoreMigration("0010_camera", CameraStore.Schema))
        .AddSingleton(s => new CameraSecrets(SecretBox.Open(s.GetRequiredService<BoxSettings>().DataFolder)))
        .AddSingleton<CameraRegistry>()
        .AddSingleton<CamerasStarted>()
        .AddHostedService<CamerasService>();
}
