using Heldar.Edge.Storage;

namespace Heldar.Edge.Recovery;

internal static class RecoveryServiceCollectionExtensions
{
    /// <summary>Registers salvage and reconciling; call it before the cameras, so that the index has what they need when they start.</summary>
    public static IServiceCollection AddRecovery(this IServiceCollection services) => services
        .AddSingleton<VolumeRecovery>()
        .AddSingleton<KnownCameras>()
        .AddSingleton<StandingLedger>()
        .AddSingleton<IVolumePreparation, VolumePreparation>()
        .AddSingleton<IndexRebuild>()
        .AddSingleton<IndexReconciler>()
        .AddSingleton<OrphanSweep>()
        .AddHostedService(s => s.GetRequiredService<IndexReconciler>())
        .AddHostedService<OrphanService>();
}
