using Heldar.Edge.Settings;

namespace Heldar.Edge.RemoteAccess;

internal static class RemoteAccessServiceCollectionExtensions
{
    public static IServiceCollection AddRemoteAccess(this IServiceCollection services, BoxSettings settings)
    {
        services.AddSingleton<TunnelState>();
        if (settings.Fleet is null) return services;
        return services
            .AddSingleton<ITunnelContent, BoxTunnelContent>()
            .AddSingleton<HttpMessageInvoker>(s => s.GetRequiredService<HttpClient>())
            .AddHostedService<TunnelService>();
    }
}
