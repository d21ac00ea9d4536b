using Heldar.Edge.Settings;
using Heldar.Edge.Store;

namespace Heldar.Edge.Uplink;

internal static class UplinkServiceCollectionExtensions
{
    public static IServiceCollection AddUplink(this IServiceCollection services, BoxSettings settings)
    {
        services
            .AddSingleton(UplinkOptions.For(settings.Fleet?.Profile ?? UplinkProfile.Normal))
            .AddSingleton<Pending>()
            .AddSingleton<UplinkState>();
        if (settings.Fleet is null) return services.AddSingleton<IOutbox, NoOutbox>();
        return services
            .AddSingleton<IOutbox, Outbox>()
            .AddSingleton<BatchSealer>()
            .AddSingleton<QueuePut>()
            .AddSingleton<UplinkSender>()
            .AddSingleton<UplinkSession>()
            .AddHostedService<UplinkService>();
    }
}
