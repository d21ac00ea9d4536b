namespace Heldar.Edge.Health;

internal static class HealthServiceCollectionExtensions
{
    public static IServiceCollection AddHealth(this IServiceCollection services) => WarningSource.AddAll(services)
        .AddSingleton<CameraWatch>()
        .AddSingleton<BoxGauges>()
        .AddSingleton<Readiness>()
        .AddSingleton<BoxReporter>()
        .AddSingleton<CameraProblems>()
        .AddSingleton<DiskWatch>()
        .AddHostedService(s => s.GetRequiredService<DiskWatch>())
        .AddHostedService<PictureWatch>()
        .AddHostedService<HeldWatch>()
        .AddHostedService<ReporterService>();
}
