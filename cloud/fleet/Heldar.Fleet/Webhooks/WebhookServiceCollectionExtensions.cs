using Heldar.Cloud.Webhooks;

namespace Heldar.Fleet.Webhooks;

internal static class WebhookServiceCollectionExtensions
{
    public static IServiceCollection AddWebhooks(this IServiceCollection services) =>
        services.AddSingleton<WebhookDirectory>().AddSingleton<DeliveryLog>().AddSingleton<DeliveryStore>().AddSingleton<Subscriptions>().AddSingleton<WebhookReplay>();
}
