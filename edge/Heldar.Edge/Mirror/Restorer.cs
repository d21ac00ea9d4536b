using Heldar.Edge.Audit;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Mirror;

/// <summary>What became of a restore.</summary>
internal enum RestoreOutcome
{
    Restored,

    /// <summary>The segment's own file is whole.</summary>
    NotNeeded,

    /// <summary>There is no such segment.</summary>
    NotFound,

    /// <summary>The mirror has no copy with the digest of the segment.</summary>
    NoCopy,

    /// <summary>No volume can be written to, or the segment is just being deleted.</summary>
    NotNow,
}

/// <summary>
/// Restores a damaged or missing segment from the mirror: only a copy with the sealed digest, written beside, synced and renamed. The damaged file goes to quarantine.
/// Sealed, audited, and told to the cloud as a revision. Thread-safe.
/// </summary>
internal sealed partial class Restorer(
    SegmentIndex index, VolumeSet volumes, VolumeWriters writers, (IStoreWriter Write, IOutbox Outbox) store, ReadLocks locks, IAuditLog audit, IClock clock, ILogger<Restorer> log) : IDisposable
{
    private const long BytesPerSecond = 256L << 20;
    private readonly SemaphoreSlim _one = new(1, 1);

    /// <summary>Restores one segment.</summary>
    /// <param name="id">The segment.</param>
    /// <param name="actor">Who wants it, as the audit log knows people.</param>
    /// <param name="cancellation">Gives up; a half file is removed.</param>
    /// <exception cref="IOException">A disk failed; the segment is as it was, or in quarantine.</exception>
    public async Task<RestoreOutcome> RestoreAsync(Guid id, string actor, CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            if (locks.TryRead(id) is not { } reading) return RestoreOutcome.NotNow;
            using (reading) return await index.FindByIdAsync(id, cancellation) is { } segment ? await RestoreAsync(segment, actor, cancellation) : RestoreOutcome.NotFound;
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private async Task<RestoreOutcome> RestoreAsync(Segment segment, string actor, CancellationToken cancellation)
    {
        var pace = new Pace(BytesPerSecond);
        var (sha256, path) = (segment.Data.Sha256, segment.RelativePath);
        // A disk that is gone for good is replaced by any other: the row says where the file lies now.
        if ((writers.All.FirstOrDefault(w => w.Volume.Id == segment.Volume) ?? writers.PickFor(segment.Camera, segment.Start)) is not { Fault: VolumeFault.None } writer) return RestoreOutcome.NotNow;
        if (writer.Volume.Resolve(path) is not { } target) return RestoreOutcome.NotFound;
        var there = await ReadableAsync(target, pace, cancellation);
        if (there == sha256 && writer.Volume.Id == segment.Volume) return RestoreOutcome.NotNeeded;
        if (volumes.Mirror?.Resolve(path) is not { } copy || await ReadableAsync(copy, pace, cancellation) != sha256) return RestoreOutcome.NoCopy;
        if (there != sha256)
        {
            if (File.Exists(target))
            {
                Quarantine.SetAside(writer.Volume, path);
                await writer.SealAsync(new SealRecord { Type = SealType.Quarantined, Path = path, Cause = "it differs from its seal and is restored from the mirror" }, cancellation);
            }

            if (!await VerifiedFile.CopyAsync(copy, target, sha256, writer.Volume, pace, cancellation)) return RestoreOutcome.NoCopy;
        }

        var data = segment.Data with { Revision = segment.Data.Revision + 1, Reason = "restored" };
        await writer.SealAsync(new SealRecord { Type = SealType.Closed, Path = path, Data = data, Cause = "restored from the mirror" }, cancellation);
        await store.Write.EnqueueAsync(
            db =>
            {
                SegmentRows.Apply(db, store.Outbox, writer.Volume.Id, path, data);
                ScrubRows.Repaired(db, segment.Id, "primary", clock.GetCurrentInstant());
                audit.Append(db, new AuditEntry(actor, "segment.restored", segment.Id.ToString("D")) { Camera = segment.Camera, Detail = new { path, volume = writer.Volume.Id, sha256 } });
            },
            cancellation);
        LogRestored(path);
        return RestoreOutcome.Restored;
    }

    /// <summary>A file that the disk does not give is as good as a changed one.</summary>
    private static async Task<string?> ReadableAsync(string path, Pace pace, CancellationToken cancellation)
    {
        try
        {
            return await VerifiedFile.HashAsync(path, pace, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    [LoggerMessage(3103, LogLevel.Warning, "{Path} was restored from the mirror")]
    private partial void LogRestored(string path);
}
