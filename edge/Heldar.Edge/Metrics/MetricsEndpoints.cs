using Heldar.Contracts.Metrics;
using Heldar.Edge.Access;

namespace Heldar.Edge.Metrics;

/// <summary>The route that Prometheus scrapes.</summary>
internal static class MetricsEndpoints
{
    public static void MapMetrics(this IEndpointRouteBuilder app) =>
        app.MapGet("/metrics", GetAsync).Needs(Capability.SystemRead).BoxWide().WithTags("system").Produces<string>(contentType: "text/plain");

    private static async Task<IResult> GetAsync(BoxSampler sampler, MetricsCollector metrics, CancellationToken cancellation)
    {
        await sampler.TakeAsync(cancellation);
        return Results.Text(metrics.Write(), MetricsCollector.ContentType);
    }
}
