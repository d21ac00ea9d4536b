using Heldar.Edge.RuntimeSettings;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Health;

internal static class HealthServiceCollectionExtensions
{
    public static IServiceCollection AddHealth(this IServiceCollection services) => WarningSource.AddAll(services)
        .AddSingleton<CameraWatch>()
        .AddSingleton<BoxGauges>()
        .AddSettingsGroup(s => HealthLimits.Group(s.GetRequiredService<BoxSettings>().MinRecordingPercent))
        .AddSingleton<RecordingQuorum>()
        .AddSingleton<Readiness>()
        .AddSingleton<BoxReporter>()
        .AddSingleton<CameraProblems>()
        .AddSingleton<HealthSigns>()
        .AddSingleton<DiskWatch>()
        .AddHostedService(s => s.GetRequiredService<DiskWatch>())
        .AddSingleton<PictureWatch>()
        .AddHostedService(s => s.GetRequiredService<PictureWatch>())
        .AddHostedService<HeldWatch>()
        .AddHostedService<ReporterService>();
}
