using Heldar.Edge.Enrolment;
using Heldar.Edge.Metrics;
using Heldar.Edge.Settings;
using OpenTelemetry;
using OpenTelemetry.Exporter;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Heldar.Edge.Telemetry;

/// <summary>
/// Sends spans and metrics of all rooms over OTLP/HTTP (https://opentelemetry.io/docs/specs/otlp/). The exporters have threads and bounded queues of
/// their own: a collector that is slow or away costs its own data, never footage. Stopping sends what waits, for at most two seconds.
/// </summary>
internal sealed class OtlpService(TelemetrySettings telemetry, BoxSettings box, BoxSampler sampler) : BackgroundService
{
    private const int ShutdownMilliseconds = 2000;
    private const int RequestMilliseconds = 2000;
    private TracerProvider? _traces;
    private MeterProvider? _metrics;

    public override Task StartAsync(CancellationToken cancellationToken)
    {
        var resource = ResourceBuilder.CreateEmpty().AddService("heldar-edge", serviceVersion: BoxVersion.Text, serviceInstanceId: box.Name);
        _traces = OpenTelemetry.Sdk.CreateTracerProviderBuilder().SetResourceBuilder(resource)
            .AddSource("Heldar.Edge.*", "Microsoft.AspNetCore")
            .AddProcessor(new BatchActivityExportProcessor(new OtlpTraceExporter(Options("v1/traces")), scheduledDelayMilliseconds: 1000, exporterTimeoutMilliseconds: RequestMilliseconds))
            .Build();
        _metrics = OpenTelemetry.Sdk.CreateMeterProviderBuilder().SetResourceBuilder(resource)
            .AddMeter("Heldar.Edge", "Heldar.Edge.*", "Microsoft.AspNetCore.Hosting")
            .AddReader(new PeriodicExportingMetricReader(new OtlpMetricExporter(Options("v1/metrics")), telemetry.MetricSeconds * 1000, RequestMilliseconds))
            .Build();
        return base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        await base.StopAsync(cancellationToken);
        _traces?.Shutdown(ShutdownMilliseconds);
        _metrics?.Shutdown(ShutdownMilliseconds);
    }

    public override void Dispose()
    {
        _traces?.Dispose();
        _metrics?.Dispose();
        base.Dispose();
    }

    /// <summary>Keeps the sample that the instruments are read from as new as an export needs it.</summary>
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(Math.Min(telemetry.MetricSeconds, 10)));
        do await sampler.TakeAsync(stoppingToken);
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }

    private OtlpExporterOptions Options(string path)
    {
        var options = new OtlpExporterOptions
        {
            Endpoint = new Uri(telemetry.Endpoint.AbsoluteUri.TrimEnd('/') + "/" + path),
            Protocol = OtlpExportProtocol.HttpProtobuf,
            TimeoutMilliseconds = RequestMilliseconds,
        };
        if (telemetry.Authorization is { } secret)
        {
            // The options' own headers are split at commas, which a credential may hold.
            options.HttpClientFactory = () =>
            {
                var http = new HttpClient(new SocketsHttpHandler { AllowAutoRedirect = false }) { Timeout = TimeSpan.FromMilliseconds(RequestMilliseconds) };
                http.DefaultRequestHeaders.TryAddWithoutValidation("Authorization", secret.Reveal());
                return http;
            };
        }

        return options;
    }
}
