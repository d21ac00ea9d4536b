using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Retention;

internal static class RetentionServiceCollectionExtensions
{
    /// <summary>Registers retention; call it after the cameras, so that it starts when the index is whole and ends before the volumes do.</summary>
    public static IServiceCollection AddRetention(this IServiceCollection services) => services
        .AddSingleton<SpaceProbe>(volume => volume.Space())
        .AddSingleton<IMachineTime, KernelClock>()
        .AddSingleton(s => RetentionPolicies.Of(s.GetRequiredService<BoxSettings>().Retention, s.GetRequiredService<CameraRegistry>()))
        .AddSingleton<SpaceFloor>(s => total => s.GetRequiredService<RetentionPolicies>().Current.FloorOf(total))
        .AddSingleton<ClockGuard>()
        .AddSingleton<HeldOutlook>()
        .AddSingleton<Eraser>()
        .AddSingleton<Retainer>()
        .AddHostedService<RetentionService>();
}
