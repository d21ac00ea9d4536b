using System.Reflection;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Heldar.Functions.Telemetry;

/// <summary>
/// Sends spans and metrics of all rooms over OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/). The exporters have threads and bounded queues of their own: a
/// collector that is slow or away costs its own data, never an event. Headers, sampler, service name and resource attributes come from the OTEL_ variables that
/// the SDK reads itself. Stopping sends what waits, for at most two seconds.
/// </summary>
internal sealed class OtlpService(Uri endpoint, string shard) : IHostedService, IDisposable
{
    private const int ShutdownMilliseconds = 2000;
    private const int RequestMilliseconds = 2000;
    private const int MetricMilliseconds = 30_000;
    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        var version = typeof(OtlpService).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion;
        var resource = ResourceBuilder.CreateEmpty().AddService("heldar-functions", serviceVersion: version)
            .AddAttributes([new KeyValuePair<string, object>("heldar.shard", shard)]).AddEnvironmentVariableDetector();
        // Requests of the host say nothing that the messages' spans do not; they are left out.
        _traces = OpenTelemetry.Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource).AddSource(Cloud.Traces.PipelineTraces.Name)
            .AddProcessor(new BatchActivityExportProcessor(new OtlpTraceExporter(Options("v1/traces")), scheduledDelayMilliseconds: 1000, exporterTimeoutMilliseconds: RequestMilliseconds))
            .Build();
        _metrics = OpenTelemetry.Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource).AddMeter(Programs.Functions + ".*", Programs.Cloud + ".*")
            .AddReader(new PeriodicExportingMetricReader(new OtlpMetricExporter(Options("v1/metrics")), MetricMilliseconds, RequestMilliseconds))
            .Build();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken)
    {
        _traces?.Shutdown(ShutdownMilliseconds);
        _metrics?.Shutdown(ShutdownMilliseconds);
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
    }

    private OtlpExporterOptions Options(string path) => new()
    {
        Endpoint = new Uri(endpoint.AbsoluteUri.TrimEnd('/') + "/" + path),
        Protocol = OtlpExportProtocol.HttpProtobuf,
        TimeoutMilliseconds = RequestMilliseconds,
    };
}
