using Heldar.Edge.Seals;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Recovery;

/// <summary>Salvage and reconciling for a volume that comes.</summary>
internal sealed class VolumePreparation(VolumeRecovery recovery, IndexReconciler reconciler) : IVolumePreparation
{
    public void Prepare(Volume volume, SealLog seals, CancellationToken cancellation) => recovery.Run(volume, seals, cancellation);

    public Task ReconcileAsync(Volume volume, CancellationToken cancellation) => reconciler.ReconcileAsync(volume, cancellation);
}
