using Heldar.Cloud.Webhooks;
using Heldar.Fleet.Settings;

namespace Heldar.Fleet.Webhooks;

internal static class WebhookServiceCollectionExtensions
{
    public static IServiceCollection AddWebhooks(this IServiceCollection services, FleetOptions options) =>
        services.AddSingleton(options.Secrets).AddSingleton<WebhookDirectory>().AddSingleton<WebhookSecrets>().AddSingleton<DeliveryLog>().AddSingleton<DeliveryStore>().AddSingleton<Subscriptions>().AddSingleton<WebhookReplay>();
}
