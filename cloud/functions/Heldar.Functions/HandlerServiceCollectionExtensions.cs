using Heldar.Cloud.Batches;
using Heldar.Cloud.Coverage;
using Heldar.Cloud.Database;
using Heldar.Cloud.Days;
using Heldar.Cloud.Index;
using Heldar.Cloud.Mail;
using Heldar.Cloud.Outgoing;
using Heldar.Cloud.Queues;
using Heldar.Cloud.Registry;
using Heldar.Cloud.Storage;
using Heldar.Cloud.Versions;
using Heldar.Cloud.Webhooks;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;
using Heldar.Functions.Telemetry;
using Microsoft.Extensions.DependencyInjection.Extensions;
using NodaTime;

namespace Heldar.Functions;

/// <summary>Composes the handlers that both fronts run.</summary>
internal static class HandlerServiceCollectionExtensions
{
    public static IServiceCollection AddHandlers(this IServiceCollection services, FunctionsOptions options)
    {
        services.AddSingleton(options).AddSingleton<IClock>(SystemClock.Instance).AddHeldarDatabase(options.Database, maxPool: 32).AddTelemetry(options);
        services.AddStorage(options);
        services.AddSingleton<BoxKeyCache>().AddSingleton<BatchVerifier>().AddSingleton<CameraOwners>().AddSingleton<SpanFold>().AddSingleton<DayPartitions>();
        services.AddSingleton<SchemaGate>().AddSingleton<FailurePolicy>().AddSingleton<BreakerReport>().AddSingleton<BatchServices>();
        services.AddBatch<IndexSegments.IndexSegments>().AddBatch<IndexDetections.IndexDetections>().AddBatch<IndexSnapshots.IndexSnapshots>();
        services.AddBatch<ApplyHolds.ApplyHolds>().AddBatch<ApplyStates.ApplyStates>().AddBatch<RegisterBox.RegisterBox>();
        services.AddSingleton<MendedVerifier>().AddSingleton<IQueueFunction, ApplyMended.ApplyMended>();
        services.AddWebhooks(options).AddSingleton<IQueueFunction, FanOut.FanOut>().AddSingleton<IQueueFunction, DeliverWebhook.DeliverWebhook>();
        services.AddSingleton(options.Retention).AddSingleton<SpanMonths>().AddSingleton<CoverageLedger>().AddSingleton<IndexBuilder>();
        services.AddSingleton<ITimerFunction, FoldSpans.FoldSpans>().AddSingleton<ITimerFunction, CountCoverage.CountCoverage>().AddSingleton<ITimerFunction, BuildIndex.BuildIndex>();
        services.AddSingleton<ITimerFunction, RequeueWebhooks.RequeueWebhooks>().AddSingleton<ITimerFunction, DrainPoison.DrainPoison>();
        return services.AddSingleton<TimerGate>().AddSingleton<FunctionTable>();
    }

    private static IServiceCollection AddStorage(this IServiceCollection services, FunctionsOptions options)
    {
        // Read once each, so that a managed identity's tokens are shared.
        var own = new Lazy<StorageAccount>(() => StorageAccount.Parse(options.Storage));
        var manifests = options.ManifestStorage == options.Storage ? own : new(() => StorageAccount.Parse(options.ManifestStorage, queues: false));
        return services.AddSingleton(_ => new QueueStore(own.Value)).AddSingleton(_ => new StagedBodies(own.Value)).AddSingleton(_ => new ManifestStore(manifests.Value));
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

    /// <summary>A handler of box batches: one object, as a function of its queue and as what a mended event goes to.</summary>
    private static IServiceCollection AddBatch<T>(this IServiceCollection services)
        where T : BatchFunction =>
        services.AddSingleton<T>().AddSingleton<BatchFunction>(s => s.GetRequiredService<T>()).AddSingleton<IQueueFunction>(s => s.GetRequiredService<T>());
}
