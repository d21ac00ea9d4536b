using System.Data.Common;
using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;

namespace Heldar.Edge.Recovery;

/// <summary>Salvage and reconciling for a volume that comes. A database that fails does not keep it out: the next start reconciles it.</summary>
internal sealed partial class VolumePreparation(VolumeRecovery recovery, IndexReconciler reconciler, IndexWriter? index = null, ILogger<VolumePreparation>? log = null) : IVolumePreparation
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    public void Prepare(Volume volume, SealLog seals, CancellationToken cancellation) => recovery.Run(volume, seals, cancellation);

    public async Task ReconcileAsync(Volume volume, CancellationToken cancellation)
    {
        try
        {
            await reconciler.ReconcileAsync(volume, cancellation, Patience);
        }
        catch (Exception e) when (e is DbException or TimeoutException)
        {
            index?.LeaveForRestart();
            if (log is not null) LogLeft(log, e, volume.Root);
        }
    }

    [LoggerMessage(1519, LogLevel.Error, "{Volume}: the database does not take what its seal log says; the next start brings it in")]
    private static partial void LogLeft(ILogger log, Exception error, string volume);
}
