using System.Diagnostics.Metrics;
using Heldar.Contracts.Metrics;
using Heldar.Functions.Settings;

namespace Heldar.Functions.Telemetry;

internal static class TelemetryServiceCollectionExtensions
{
    /// <summary>Measures; and sends spans and metrics when the settings name a collector.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, FunctionsOptions options)
    {
        services.AddSingleton(s => new MetricsCollector([Programs.Functions, Programs.Cloud], s.GetRequiredService<IMeterFactory>()));
        return options.OtlpEndpoint is { } endpoint ? services.AddHostedService(_ => new OtlpService(endpoint, options.Shard)) : services;
    }

    /// <summary>The route that Prometheus scrapes. Begins to measure now, so that nothing of the first minute is missing.</summary>
    public static void MapMetrics(this WebApplication app)
    {
        var metrics = app.Services.GetRequiredService<MetricsCollector>();
        app.MapGet("/metrics", () => Results.Text(metrics.Write(), MetricsCollector.ContentType));
    }
}

/// <summary>Namespaces whose rooms measure and trace in this program.</summary>
internal static class Programs
{
    public const string Functions = "Heldar.Functions";
    public const string Cloud = "Heldar.Cloud";
}
