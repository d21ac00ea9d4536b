using Heldar.Edge.RuntimeSettings;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Telemetry;

internal static class TelemetryServiceCollectionExtensions
{
    /// <summary>Sends traces and metrics to a collector when the settings name one; otherwise nothing is registered and spans cost a null check.</summary>
    public static IServiceCollection AddTelemetry(this IServiceCollection services, BoxSettings settings, LogLevels levels)
    {
        services.AddSingleton(levels).AddSettingsGroup(_ => levels.Group());
        return settings.Telemetry is { } telemetry ? services.AddSingleton(telemetry).AddHostedService<OtlpService>() : services;
    }
}
