using Heldar.Cloud.Batches;
using Heldar.Cloud.Database;
using Heldar.Cloud.Days;
using Heldar.Cloud.Index;
using Heldar.Cloud.Mail;
using Heldar.Cloud.Outgoing;
using Heldar.Cloud.Queues;
using Heldar.Cloud.Registry;
using Heldar.Cloud.Webhooks;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NodaTime;
using Npgsql;

namespace Heldar.Functions;

/// <summary>Composes the handlers that both fronts run.</summary>
internal static class HandlerServiceCollectionExtensions
{
    public static IServiceCollection AddHandlers(this IServiceCollection services, FunctionsOptions options)
    {
        services.AddSingleton(options).AddSingleton<IClock>(SystemClock.Instance).AddHeldarDatabase(options.Database, maxPool: 32);
        services.AddSingleton(_ => new QueueStore(options.Storage)).AddSingleton(_ => new ManifestStore(options.Storage)).AddSingleton(_ => new StagedBodies(options.Storage));
        services.AddSingleton<BoxKeyCache>().AddSingleton<BatchVerifier>().AddSingleton<CameraOwners>().AddSingleton<SpanFold>().AddSingleton<DayPartitions>();
        services.AddSingleton<SchemaGate>().AddSingleton<FailurePolicy>().AddSingleton<BatchServices>();
        services.AddSingleton<IQueueFunction, IndexSegments.IndexSegments>().AddSingleton<IQueueFunction, IndexDetections.IndexDetections>().AddSingleton<IQueueFunction, IndexSnapshots.IndexSnapshots>();
        services.AddSingleton<IQueueFunction, ApplyHolds.ApplyHolds>().AddSingleton<IQueueFunction, ApplyStates.ApplyStates>().AddSingleton<IQueueFunction, RegisterBox.RegisterBox>();
        services.AddWebhooks(options).AddSingleton<IQueueFunction, FanOut.FanOut>().AddSingleton<IQueueFunction, DeliverWebhook.DeliverWebhook>();
        foreach (var name in DrainPoison.DrainPoison.Names)
            services.AddSingleton<IQueueFunction>(s => DrainPoison.DrainPoison.Create(name, s.GetRequiredService<NpgsqlDataSource>(), s.GetRequiredService<FailurePolicy>()));
        return services.AddSingleton<ITimerFunction, FoldSpans.FoldSpans>().AddSingleton<ITimerFunction, RequeueWebhooks.RequeueWebhooks>().AddSingleton<FunctionTable>();
    }

    private static IServiceCollection AddWebhooks(this IServiceCollection services, FunctionsOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options.Secrets).AddSingleton(s => new MailClient(options.Mail, s.GetRequiredService<TimeProvider>())).AddSingleton<DeliverySender>();
        services.AddSingleton(new OutgoingOptions { AllowLoopback = options.OutgoingLoopback, Roots = options.OutgoingRoots }).AddSingleton(s => new OutgoingClient(s.GetRequiredService<OutgoingOptions>(), s.GetRequiredService<TimeProvider>()));
        services.AddSingleton<Subscriptions>().AddSingleton<DeliveryStore>().AddSingleton<DeliveryClaims>().AddSingleton<EndpointGates>().AddSingleton<OwnMessages>();
        services.AddSingleton(s => ActivatorUtilities.CreateInstance<FanOutSender>(s, options.Shard)).AddSingleton(s => ActivatorUtilities.CreateInstance<FanOuter>(s, options.Shard));
        return services.AddSingleton(s => ActivatorUtilities.CreateInstance<Deliverer>(s, options.Shard));
    }
}
