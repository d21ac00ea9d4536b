using Heldar.Edge.Audit;
using Heldar.Edge.Indexer;
using Heldar.Edge.Store;

namespace Heldar.Edge.Cameras;

/// <summary>The cameras on disk. Each change stands in the audit log, in the same transaction: who, and which fields. Thread-safe.</summary>
internal sealed class CameraLedger(IStoreWriter store, IAuditLog audit)
{
    /// <summary>All that are kept, removed ones too.</summary>
    public async Task<IReadOnlyList<(CameraConfig Config, bool Removed)>> LoadAsync(CancellationToken cancellation)
    {
        IReadOnlyList<(CameraConfig Config, bool Removed)> rows = [];
        await store.EnqueueAsync(db => rows = CameraStore.All(db), cancellation);
        return rows;
    }

    /// <param name="config">As it shall be.</param>
    /// <param name="before">As it was; null for one that is new or comes back.</param>
    /// <param name="who">Whose change it is.</param>
    /// <param name="cancellation">Gives up.</param>
    public Task PutAsync(CameraConfig config, CameraConfig? before, AuditActor who, CancellationToken cancellation) => store.EnqueueAsync(
        db =>
        {
            CameraStore.Put(db, config);
            audit.Append(db, new AuditEntry(who, before is null ? "camera.added" : "camera.changed", config.Slug) { Camera = config.Uid, Detail = new { changed = CameraChange.Between(before, config) } });
        },
        cancellation);

    /// <summary>Removes one.</summary>
    /// <param name="config">As it is.</param>
    /// <param name="who">Whose change it is.</param>
    /// <param name="evenHeld">Also one whose footage is held as evidence: the settings file rules.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>False when it stays because a hold stands.</returns>
    public async Task<bool> RemoveAsync(CameraConfig config, AuditActor who, bool evenHeld, CancellationToken cancellation)
    {
        var done = false;
        await store.EnqueueAsync(
            db =>
            {
                // While seal logs are read a hold may still be to come.
                if (!evenHeld && (store.IsFilling || HoldRows.StandsOn(db, config.Uid))) return;
                CameraStore.Remove(db, config.Uid);
                audit.Append(db, new AuditEntry(who, "camera.removed", config.Slug) { Camera = config.Uid, Detail = new { config.Name } });
                done = true;
            },
            cancellation);
        return done;
    }
}
