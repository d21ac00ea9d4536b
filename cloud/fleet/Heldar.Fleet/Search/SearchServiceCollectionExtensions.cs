using Heldar.Cloud.Coverage;
using Heldar.Cloud.Detections;
using Heldar.Cloud.Gaps;
using Heldar.Cloud.Index;
using Heldar.Cloud.Snapshots;
using Heldar.Cloud.Versions;
using Heldar.Cloud.Zones;
using Heldar.Fleet.Settings;

namespace Heldar.Fleet.Search;

internal static class SearchServiceCollectionExtensions
{
    public static IServiceCollection AddSearch(this IServiceCollection services, FleetOptions options) =>
        services.AddSingleton<ManifestReader>(_ => new ManifestStore(options.Storage)).AddSingleton<RecordingSearch>().AddSingleton<IndexVersions>()
            .AddSingleton<DetectionSearch>().AddSingleton<ZoneSearch>().AddSingleton<SnapshotSearch>().AddSingleton<GapSearch>().AddSingleton<CoverageSearch>();
}
