namespace Heldar.Edge.Cameras;

internal static class CamerasServiceCollectionExtensions
{
    public static IServiceCollection AddCameras(this IServiceCollection services) => services
        .AddSingleton<CameraSecrets>()
        .AddSingleton(WishTiming.Default)
        .AddSingleton<WishBook>()
        .AddSingleton<CameraLedger>()
        .AddSingleton<CameraRegistry>()
        .AddSingleton<CamerasStarted>()
        .AddHostedService<CamerasService>()
        .AddSingleton<SettingsReload>()
        .AddHostedService(s => s.GetRequiredService<SettingsReload>());
}
