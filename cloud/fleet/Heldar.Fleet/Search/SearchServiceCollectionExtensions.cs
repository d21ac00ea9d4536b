using Heldar.Cloud.Index;
using Heldar.Fleet.Settings;

namespace Heldar.Fleet.Search;

internal static class SearchServiceCollectionExtensions
{
    public static IServiceCollection AddSearch(this IServiceCollection services, FleetOptions options) =>
        services.AddSingleton<ManifestReader>(_ => new ManifestStore(options.Storage)).AddSingleton<RecordingSearch>();
}
