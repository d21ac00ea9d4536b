using Heldar.Edge.Mirror;

namespace Heldar.Edge.Health;

internal static class HealthServiceCollectionExtensions
{
    public static IServiceCollection AddHealth(this IServiceCollection services) => services
        .AddSingleton<CameraWatch>()
        .AddSingleton<BoxGauges>()
        .AddSingleton(s => ActivatorUtilities.CreateInstance<Readiness>(s, (s.GetRequiredService<MirrorState>(), s.GetRequiredService<Scrubber>())))
        .AddSingleton<BoxReporter>()
        .AddSingleton<CameraProblems>()
        .AddSingleton<DiskWatch>()
        .AddHostedService(s => s.GetRequiredService<DiskWatch>())
        .AddHostedService<PictureWatch>()
        .AddHostedService<HeldWatch>()
        .AddHostedService<ReporterService>();
}
