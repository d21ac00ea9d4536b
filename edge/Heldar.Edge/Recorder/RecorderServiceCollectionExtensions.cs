using Heldar.Edge.Indexer;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using NodaTime;

namespace Heldar.Edge.Recorder;

internal static class RecorderServiceCollectionExtensions
{
    /// <summary>Registers what writes footage: volumes with their writers and seal logs, the index, and the maker of recorders.</summary>
    public static IServiceCollection AddRecorder(this IServiceCollection services, BoxSettings settings) => services
        .AddSingleton(s => new VolumeSet([.. settings.Recording.Volumes.Select(v => Volume.Open(v, s.GetRequiredService<IClock>().GetCurrentInstant()))]))
        .AddSingleton<SegmentIndex>()
        .AddSingleton<IndexWriter>()
        .AddSingleton(s => new VolumeWriters([.. s.GetRequiredService<VolumeSet>().All.Select(v => Open(s, v))]))
        .AddSingleton<RecorderFactory>();

    /// <summary>The volume is put in order on the very log that its writer goes on with.</summary>
    private static VolumeWriter Open(IServiceProvider services, Volume volume)
    {
        var seals = SealLog.Open(volume.Root, services.GetRequiredService<IClock>());
        services.GetRequiredService<VolumeRecovery>().Run(volume, seals, CancellationToken.None);
        return new(volume, seals, services.GetRequiredService<IndexWriter>(), new StorageOptions(), services.GetRequiredService<ILogger<VolumeWriter>>());
    }
}
