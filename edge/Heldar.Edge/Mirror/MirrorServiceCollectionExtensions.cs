using Heldar.Edge.Audit;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Mirror;

internal static class MirrorServiceCollectionExtensions
{
    private const long CatchUpBytesPerSecond = 32L << 20;

    /// <summary>Registers the mirror and the scrub; call it behind the cameras, so that they end before the volumes do.</summary>
    public static IServiceCollection AddMirror(this IServiceCollection services) => services
        // Asked when a segment opens: a camera says so itself at run time.
        .AddSingleton(s => new MirrorPolicy(s.GetRequiredService<BoxSettings>(), slug => s.GetRequiredService<CameraRegistry>().Find(slug)?.Mirror))
        .AddSingleton<MirrorState>()
        .AddSingleton<MirrorReplay>()
        .AddSingleton<MirrorBook>()
        .AddKeyedSingleton<ISegmentSink>(VolumeRole.Mirror, (s, _) => s.GetRequiredService<MirrorBook>())
        .AddSingleton<MirrorTee>()
        .AddSingleton<ISegmentTee>(s => s.GetRequiredService<MirrorTee>())
        .AddSingleton(s => new MirrorKeeper(
            s.GetRequiredService<VolumeSet>(), s.GetRequiredService<VolumeWriters>(), s.GetRequiredService<MirrorBook>(), s.GetRequiredService<MirrorReplay>(),
            (s.GetRequiredService<IStoreWriter>(), s.GetRequiredService<IStoreReader>()), s.GetRequiredService<ReadLocks>(), (new Pace(CatchUpBytesPerSecond), s.GetRequiredService<IClock>()), s.GetRequiredService<ILogger<MirrorKeeper>>()))
        .AddSingleton(s => new Restorer(
            s.GetRequiredService<SegmentIndex>(), s.GetRequiredService<VolumeSet>(), s.GetRequiredService<VolumeWriters>(), (s.GetRequiredService<IStoreWriter>(), s.GetRequiredService<IOutbox>()),
            s.GetRequiredService<ReadLocks>(), s.GetRequiredService<IAuditLog>(), s.GetRequiredService<IClock>(), s.GetRequiredService<ILogger<Restorer>>()))
        .AddSingleton(s => new Scrubber(
            s.GetRequiredService<SegmentIndex>(), s.GetRequiredService<VolumeSet>(), s.GetRequiredService<VolumeWriters>(), (s.GetRequiredService<IStoreWriter>(), s.GetRequiredService<IStoreReader>()), s.GetRequiredService<ReadLocks>(),
            s.GetRequiredService<Restorer>(), s.GetRequiredService<IClock>(), s.GetRequiredService<ILogger<Scrubber>>()))
        .AddSingleton<MirrorService>()
        .AddHostedService(s => s.GetRequiredService<MirrorService>());
}
