using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Storage;

internal static class StorageServiceCollectionExtensions
{
    /// <summary>Registers the volumes of the settings; they are opened when the host starts.</summary>
    public static IServiceCollection AddVolumes(this IServiceCollection services, BoxSettings settings) => services
        .AddSingleton(_ => new VolumeSet([]))
        .AddSingleton(_ => new VolumeWriters([]))
        .AddSingleton<SpaceAlarm>()
        .AddSingleton<DiskWork>()
        .AddSingleton(s => new VolumeWishes(
            settings.Recording.AllVolumes,
            new VolumeAdmission(BoxMark.ReadOrCreate(settings.DataFolder, settings.Recording.AllVolumes, s.GetRequiredService<IClock>().GetCurrentInstant()), () => s.GetRequiredService<BoxStore>().Forgot),
            (volume, role, seals) => Writer(s, settings, volume, role, seals)))
        .AddSingleton<StorageReport>()
        .AddSingleton<VolumeKeeper>()
        .AddHostedService(s => s.GetRequiredService<VolumeKeeper>());

    private static VolumeWriter Writer(IServiceProvider services, BoxSettings settings, Volume volume, VolumeRole role, SealLog seals)
    {
        // A full mirror is nobody's emergency: footage is deleted for the room of those that record.
        var alarm = services.GetRequiredService<SpaceAlarm>();
        Action? full = role == VolumeRole.Primary ? alarm.Ring : null;
        return new VolumeWriter(volume, seals, services.GetRequiredKeyedService<ISegmentSink>(role), new StorageOptions(), services.GetRequiredService<ILogger<VolumeWriter>>()) { Full = full, Tee = role == VolumeRole.Primary && settings.Recording.AllVolumes.Any(v => v.Role == VolumeRole.Mirror) ? services.GetRequiredService<ISegmentTee>() : null };
    }
}
