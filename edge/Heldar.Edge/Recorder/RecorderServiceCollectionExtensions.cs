using Heldar.Edge.Indexer;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Recorder;

internal static class RecorderServiceCollectionExtensions
{
    /// <summary>Registers what writes footage: the volumes, the index, and the maker of recorders. Call it before recovery: what is salvaged lies on volumes.</summary>
    public static IServiceCollection AddRecorder(this IServiceCollection services, BoxSettings settings) => services
        .AddVolumes(settings)
        .AddSingleton<SegmentIndex>()
        .AddSingleton<IndexWriter>()
        .AddKeyedSingleton<ISegmentSink>(VolumeRole.Primary, (s, _) => s.GetRequiredService<IndexWriter>())
        .AddSingleton<RecorderFactory>();
}
