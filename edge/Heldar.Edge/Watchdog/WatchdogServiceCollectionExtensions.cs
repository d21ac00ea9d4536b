namespace Heldar.Edge.Watchdog;

internal static class WatchdogServiceCollectionExtensions
{
    public static IServiceCollection AddWatchdog(this IServiceCollection services) => services
        .AddSingleton(WatchdogOptions.Read(Environment.GetEnvironmentVariable))
        .AddSingleton<ServiceManager>()
        .AddSingleton<IPulse, CameraPulse>()
        .AddHostedService<WatchdogService>();
}
