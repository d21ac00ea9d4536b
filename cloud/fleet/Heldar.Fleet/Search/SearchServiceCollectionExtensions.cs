namespace Heldar.Fleet.Search;

internal static class SearchServiceCollectionExtensions
{
    public static IServiceCollection AddSearch(this IServiceCollection services) => services;
}
