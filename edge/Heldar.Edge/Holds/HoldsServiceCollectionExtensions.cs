namespace Heldar.Edge.Holds;

internal static class HoldsServiceCollectionExtensions
{
    public static IServiceCollection AddHolds(this IServiceCollection services) => services.AddSingleton<HoldBook>();
}
