using System.Diagnostics.Metrics;
using Heldar.Contracts.Metrics;

namespace Heldar.Edge.Metrics;

internal static class MetricsServiceCollectionExtensions
{
    public static IServiceCollection AddBoxMetrics(this IServiceCollection services) => services
        .AddSingleton<BoxSampler>()
        .AddSingleton(s => new MetricsCollector(["Heldar.Edge"], s.GetRequiredService<BoxSampler>(), s.GetRequiredService<IMeterFactory>()))
        .AddSingleton<BoxInstruments>()
        .AddHostedService<MetricsService>();
}

/// <summary>Begins to measure when the box starts, so that nothing of its first minute is missing; everything else waits to be asked.</summary>
internal sealed class MetricsService(IServiceProvider services) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        services.GetRequiredService<MetricsCollector>();
        services.GetRequiredService<BoxInstruments>();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
