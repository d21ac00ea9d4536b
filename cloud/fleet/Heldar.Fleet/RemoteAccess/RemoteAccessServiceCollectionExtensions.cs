using Heldar.Fleet.Access;

namespace Heldar.Fleet.RemoteAccess;

internal static class RemoteAccessServiceCollectionExtensions
{
    public static IServiceCollection AddRemoteAccess(this IServiceCollection services)
    {
        services.AddHttpClient(ReplicaClient.ClientName, client => client.Timeout = Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(() => new SocketsHttpHandler
            {
                UseProxy = false,
                UseCookies = false,
                AllowAutoRedirect = false,
                ConnectTimeout = TimeSpan.FromSeconds(3),
                MaxConnectionsPerServer = 256,
            });
        return services.AddSingleton<Tunnels>().AddSingleton<TunnelDirectory>().AddSingleton<ReplicaAddress>().AddSingleton<ReplicaTokens>().AddSingleton<ReplicaClient>()
            .AddSingleton<BoxReach>().AddSingleton<ICallerCheck, ReplicaCheck>()
            .AddSingleton<TunnelKeeper>().AddHostedService(s => s.GetRequiredService<TunnelKeeper>());
    }
}
