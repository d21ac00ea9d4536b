using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Media.Streams;

namespace Heldar.Edge.PreRoll;

internal static class PreRollServiceCollectionExtensions
{
    public static IServiceCollection AddPreRoll(this IServiceCollection services, BoxSettings settings) => services
        .AddSingleton(s => new PreRollStore(
            new PreRollOptions { BudgetBytes = (long)settings.Recording.PreRollBudgetMiB << 20 }, s.GetRequiredService<VolumeSet>(), s.GetRequiredService<MediaBlockPool>(), TimeProvider.System))
        .AddHostedService<PreRollService>();
}
