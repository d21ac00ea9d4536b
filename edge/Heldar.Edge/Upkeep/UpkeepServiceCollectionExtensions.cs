namespace Heldar.Edge.Upkeep;

internal static class UpkeepServiceCollectionExtensions
{
    public static IServiceCollection AddUpkeep(this IServiceCollection services) => services.AddSingleton<Upkeeper>().AddSingleton<SealPruner>().AddHostedService<UpkeepService>();
}
