using System.Diagnostics.Metrics;
using Heldar.Contracts.Metrics;
using Heldar.Fleet.Access;

namespace Heldar.Fleet.Metrics;

internal static class MetricsEndpoints
{
    public static IServiceCollection AddFleetMetrics(this IServiceCollection services) => services
        .AddSingleton<FleetSampler>().AddSingleton<FleetInstruments>().AddSingleton<ICallerCheck, ScraperCheck>()
        .AddSingleton(s => new MetricsCollector(["Heldar.Fleet", "Heldar.Cloud"], s.GetRequiredService<FleetSampler>(), s.GetRequiredService<IMeterFactory>()));

    /// <summary>The route that Prometheus scrapes. Begins to measure now, so that nothing of the first minute is missing.</summary>
    public static void MapMetrics(this WebApplication app)
    {
        app.Services.GetRequiredService<MetricsCollector>();
        app.Services.GetRequiredService<FleetInstruments>();
        app.MapGet("/metrics", GetAsync).Needs(Need.Scraper).WithTags("Health").Produces<string>(contentType: "text/plain");
    }

    private static async Task<IResult> GetAsync(HttpContext context, FleetSampler sampler, MetricsCollector metrics)
    {
        await sampler.TakeAsync(context.RequestAborted);
        return Results.Text(metrics.Write(), MetricsCollector.ContentType);
    }
}
