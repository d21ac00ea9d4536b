using Heldar.Edge.Cameras;
using Heldar.Edge.RuntimeSettings;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Retention;

internal static class RetentionServiceCollectionExtensions
{
    /// <summary>Registers retention; call it after the cameras, so that it starts when the index is whole and ends before the volumes do.</summary>
    public static IServiceCollection AddRetention(this IServiceCollection services) => services
        .AddSingleton<SpaceProbe>(s => s.GetRequiredService<DiskWork>().Space)
        .AddSingleton<IMachineTime, KernelClock>()
        .AddSettingsGroup(s => RetentionLimits.Group(s.GetRequiredService<BoxSettings>().Retention, () => SmallestDisk(s.GetRequiredService<VolumeSet>(), s.GetRequiredService<SpaceProbe>())))
        .AddSingleton(s => RetentionPolicies.Of(
            s.GetRequiredService<BoxSettings>().Retention, () => s.GetRequiredService<SettingsGroup<RetentionLimits>>().Current, () => s.GetRequiredService<CameraRegistry>().All))
        .AddSingleton<SpaceFloor>(s => total => s.GetRequiredService<RetentionPolicies>().Current.FloorOf(total))
        .AddSingleton<ClockGuard>()
        .AddSingleton<Eraser>()
        .AddSingleton<Retainer>()
        .AddHostedService<RetentionService>();

    private static long? SmallestDisk(VolumeSet volumes, SpaceProbe space)
    {
        try
        {
            return volumes.All.Min(v => space(v).Total);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
