using Heldar.Edge.RuntimeSettings;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Upkeep;

internal static class UpkeepServiceCollectionExtensions
{
    public static IServiceCollection AddUpkeep(this IServiceCollection services) => services
        .AddSettingsGroup(s => DatabaseLimits.Group(s.GetRequiredService<BoxSettings>().MaxDatabaseBytes))
        .AddSingleton<Upkeeper>()
        .AddSingleton<SealPruner>()
        .AddHostedService<UpkeepService>();
}
