using System.Net;
using Heldar.Edge.Settings;
using NodaTime;

namespace Heldar.Edge.Enrolment;

internal static class EnrolmentServiceCollectionExtensions
{
    public static IServiceCollection AddEnrolment(this IServiceCollection services, BoxSettings settings)
    {
        services
            .AddSingleton(s => new BoxTime(s.GetRequiredService<IClock>(), TimeProvider.System))
            .AddSingleton(_ => BoxKey.Open(settings.DataFolder))
            .AddSingleton(_ => BootCounter.Start(settings.DataFolder))
            .AddSingleton(s => new IdentityStore(settings.DataFolder, s.GetRequiredService<BoxKey>().Id))
            .AddSingleton(_ => Http());
        if (settings.Fleet is { } fleet) services.AddSingleton(fleet).AddSingleton<FleetClient>().AddSingleton<Enroller>();
        return services;
    }

    // One handler for fleet, queues and tunnel: few connections, no redirects, no cookies, DNS looked up again every 5 min.
    private static HttpClient Http() => new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(10),
        PooledConnectionLifetime = TimeSpan.FromMinutes(5),
        MaxConnectionsPerServer = 8,
        AutomaticDecompression = DecompressionMethods.None,
        ActivityHeadersPropagator = null,
    });
}
