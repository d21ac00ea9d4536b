using Heldar.Contracts.Events;
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
    /// <summary>The segment's file is again what was sealed.</summary>
    Restored,

    /// <summary>The mirror had another sealed state of it, such as one that a crash cut elsewhere: it is a new revision now.</summary>
    Changed,

    /// <summary>The segment's own file is whole.</summary>
    NotNeeded,

    /// <summary>There is no such segment.</summary>
    NotFound,

    /// <summary>The mirror has no copy that is what was sealed.</summary>
    NoCopy,

    /// <summary>No volume can be written to, or the segment is just being deleted.</summary>
    NotNow,
}

/// <summary>
/// Restores a damaged or missing segment from the mirror: only a copy with a sealed digest, written beside, synced and renamed. The damaged file goes to quarantine. It is
/// sealed and audited; the same bytes are the same revision, and only footage that changed is told to the cloud. Thread-safe.
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
    public async Task<RestoreOutcome> RestoreAsync(Guid id, AuditActor actor, CancellationToken cancellation)
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

    private async Task<RestoreOutcome> RestoreAsync(Segment segment, AuditActor actor, CancellationToken cancellation)
    {
        var pace = new Pace(BytesPerSecond);
        var path = segment.RelativePath;
        // A disk that is gone for good is replaced by any other: the row says where the file lies now.
        if ((writers.All.FirstOrDefault(w => w.Volume.Id == segment.Volume) ?? writers.PickFor(segment.Camera, segment.Start)) is not { Fault: VolumeFault.None } writer) return RestoreOutcome.NotNow;
        if (writer.Volume.Resolve(path) is not { } target) return RestoreOutcome.NotFound;
        var there = await VerifiedFile.TryHashAsync(target, pace, cancellation);
        if (there == segment.Data.Sha256 && writer.Volume.Id == segment.Volume) return RestoreOutcome.NotNeeded;
        var data = segment.Data;
        if (there != data.Sha256)
        {
            if (volumes.Mirror is not { } mirror || mirror.Resolve(path) is not { } copy || await VerifiedFile.TryHashAsync(copy, pace, cancellation) is not { } copied) return RestoreOutcome.NoCopy;
            if (copied != data.Sha256)
            {
                if (SealedAs(mirror, segment, copied, cancellation) is not { } other) return RestoreOutcome.NoCopy;
                data = other with { Revision = Math.Max(other.Revision, data.Revision) + 1, Reason = "restored" };
            }

            Func<Task>? makeRoom = File.Exists(target) ? () => SetAsideAsync(writer, path, cancellation) : null;
            if (!await VerifiedFile.CopyAsync(copy, target, data.Sha256, writer.Volume, pace, makeRoom, cancellation)) return RestoreOutcome.NoCopy;
        }

        await writer.SealAsync(new SealRecord { Type = SealType.Closed, Path = path, Data = data, Cause = "restored from the mirror" }, cancellation);
        var changed = data.Sha256 != segment.Data.Sha256;
        await store.Write.EnqueueAsync(
            db =>
            {
                if (changed) SegmentRows.Apply(db, store.Outbox, writer.Volume.Id, path, data);
                else SegmentRows.Move(db, segment.Id, writer.Volume.Id, path);
                ScrubRows.Repaired(db, segment.Id, "primary", clock.GetCurrentInstant());
                audit.Append(
                    db,
                    new AuditEntry(actor, "segment.restored", segment.Id.ToString("D")) { Camera = segment.Camera, Detail = new { path, volume = writer.Volume.Id, data.Sha256, data.Revision, changed } });
            },
            cancellation);
        MirrorMetrics.Restored();
        LogRestored(path);
        return changed ? RestoreOutcome.Changed : RestoreOutcome.Restored;
    }

    private static async Task SetAsideAsync(VolumeWriter writer, string path, CancellationToken cancellation)
    {
        Quarantine.SetAside(writer.Volume, path);
        await writer.SealAsync(new SealRecord { Type = SealType.Quarantined, Path = path, Cause = "it differs from its seal and is restored from the mirror" }, cancellation);
    }

    /// <summary>What the mirror's own seal log says of a copy with a digest; null when it never sealed such a one.</summary>
    private static SegmentData? SealedAs(Volume mirror, Segment segment, string sha256, CancellationToken cancellation) =>
        new SealReader(mirror.Root).Read(SealFiles.HourOf(segment.Start), cancellation, fragments: false)
            .Select(e => e.Record).LastOrDefault(r => r.Path == segment.RelativePath && r.Data is { } d && d.Segment == segment.Id && d.Sha256 == sha256)?.Data;

    [LoggerMessage(3103, LogLevel.Warning, "{Path} was restored from the mirror")]
    private partial void LogRestored(string path);
}
