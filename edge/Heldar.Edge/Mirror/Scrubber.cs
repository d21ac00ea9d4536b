using Heldar.Edge.Audit;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Mirror;

/// <summary>
/// Reads stored footage again, oldest look first, and holds it against its sealed digest, on the primary and on the mirror. What is damaged is told, kept, and restored
/// where there is a good copy; nothing is ever deleted. The position is on disk. One caller at a time.
/// </summary>
internal sealed partial class Scrubber(
    SegmentIndex index, VolumeSet volumes, VolumeWriters writers, (IStoreWriter Write, IStoreReader Read) store, ReadLocks locks, Restorer restorer, IClock clock, ILogger<Scrubber> log)
{
    private long _open;

    /// <summary>Damaged files that are not repaired.</summary>
    public long OpenDamages => Interlocked.Read(ref _open);

    /// <summary>Looks at the next segment; false when the round ended with the step before, and the next one begins.</summary>
    public async Task<bool> StepAsync(Pace pace, CancellationToken cancellation)
    {
        var mark = await store.Read.ReadAsync(ScrubRows.Mark, cancellation);
        var now = clock.GetCurrentInstant();
        if (await store.Read.ReadAsync(db => ScrubRows.Next(db, mark.Position), cancellation) is not { } next)
        {
            await store.Write.EnqueueAsync(db => ScrubRows.Begin(db, now, ended: mark.Position.Length > 0), cancellation);
            await CountAsync(cancellation);
            return false;
        }

        var bytes = 0L;
        if (locks.TryRead(next.Id) is { } reading)
        {
            using (reading)
                if (await index.FindByIdAsync(next.Id, cancellation) is { } segment) bytes = await LookAsync(segment, next.Copied, pace, cancellation);
        }

        MirrorMetrics.Scrubbed(bytes);
        await store.Write.EnqueueAsync(db => ScrubRows.Move(db, next.Id, bytes), cancellation);
        return true;
    }

    /// <summary>Begins a round now.</summary>
    public async Task RestartAsync(CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        await store.Write.EnqueueAsync(db => ScrubRows.Begin(db, now, ended: false), cancellation);
    }

    public async Task CountAsync(CancellationToken cancellation) => Interlocked.Exchange(ref _open, await store.Read.ReadAsync(ScrubRows.Open, cancellation));

    private async Task<long> LookAsync(Segment segment, bool copied, Pace pace, CancellationToken cancellation)
    {
        var (bytes, isWhole) = (0L, false);
        if (volumes.Find(segment.Volume)?.Resolve(segment.RelativePath) is { } primary)
        {
            bytes += segment.Bytes;
            var (state, what) = await ReadAsync(primary, segment, pace, cancellation);
            if (what is null)
            {
                isWhole = state == FileState.Whole;
                await RepairedAsync(segment, "primary", cancellation);
            }
            else
            {
                await FoundAsync(segment, "primary", what, cancellation);
                isWhole = copied && await TryRestoreAsync(segment, cancellation);
            }
        }

        if (copied && volumes.Mirror?.Resolve(segment.RelativePath) is { } copy)
        {
            bytes += segment.Bytes;
            var (state, what) = await ReadAsync(copy, segment, pace, cancellation);
            if (what is null)
            {
                await RepairedAsync(segment, "mirror", cancellation);
                return bytes;
            }

            await FoundAsync(segment, "mirror", what, cancellation);
            // Only beside a segment that was just read and is whole: otherwise this copy may be all that is left.
            if (isWhole && state is (FileState.Changed or FileState.Missing)) await GiveUpCopyAsync(segment, cancellation);
            // That a disk does not give it now proves nothing: the mirror's keeper reads it again, and replaces it only from a whole segment. One that is missing is no copy, whatever became of the segment.
            else if (isWhole || state == FileState.Missing) await store.Write.EnqueueAsync(db => MirrorRows.Bad(db, segment.Id), cancellation);
        }

        return bytes;
    }

    /// <summary>What a look at a file says, and in words when that is a damage.</summary>
    private async Task<(FileState State, string? Damage)> ReadAsync(string path, Segment segment, Pace pace, CancellationToken cancellation)
    {
        string? hash;
        try
        {
            hash = await VerifiedFile.HashAsync(path, pace, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return (FileState.Unreadable, "it cannot be read: " + e.Message);
        }

        if (hash == segment.Data.Sha256) return (FileState.Whole, null);
        // A disk that went, or a deletion, in the middle of it is no damage.
        if (volumes.Find(segment.Volume) is { IsThere: false } || volumes.Mirror is { IsThere: false } || await index.FindByIdAsync(segment.Id, cancellation) is not { } still) return (FileState.Unknown, null);
        if (still.Data.Sha256 == hash) return (FileState.Whole, null);
        return hash is null ? (FileState.Missing, "it is missing") : (FileState.Changed, "its bytes differ from what was sealed");
    }

    /// <summary>The damaged copy goes to quarantine, and the mirror's seal log says so: a restart must not take it for good again.</summary>
    private async Task GiveUpCopyAsync(Segment segment, CancellationToken cancellation)
    {
        if (writers.Mirror is not { } mirror || mirror.Volume.Resolve(segment.RelativePath) is not { } path) return;
        try
        {
            if (VerifiedFile.IsFile(path)) Quarantine.SetAside(mirror.Volume, segment.RelativePath);
            await mirror.SealAsync(new SealRecord { Type = SealType.Quarantined, Path = segment.RelativePath, Cause = "the copy differs from the segment" }, cancellation);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotRestored(segment.RelativePath, e.Message);
        }

        await store.Write.EnqueueAsync(db => MirrorRows.Bad(db, segment.Id), cancellation);
    }

    /// <summary>True when the segment's own file is what was sealed now.</summary>
    private async Task<bool> TryRestoreAsync(Segment segment, CancellationToken cancellation)
    {
        var outcome = RestoreOutcome.NoCopy;
        try
        {
            outcome = await restorer.RestoreAsync(segment.Id, AuditActors.Box, cancellation);
            if (outcome != RestoreOutcome.Restored) LogNotRestored(segment.RelativePath, outcome.ToString());
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogNotRestored(segment.RelativePath, e.Message);
        }

        await CountAsync(cancellation);
        return outcome is RestoreOutcome.Restored or RestoreOutcome.NotNeeded;
    }

    private async Task FoundAsync(Segment segment, string side, string what, CancellationToken cancellation)
    {
        LogDamaged(side, segment.RelativePath, what);
        MirrorMetrics.Damaged(side);
        var now = clock.GetCurrentInstant();
        await store.Write.EnqueueAsync(db => ScrubRows.Found(db, new Damage(segment.Id, side, segment.Camera, what, now, null)), cancellation);
        await CountAsync(cancellation);
    }

    private async Task RepairedAsync(Segment segment, string side, CancellationToken cancellation)
    {
        if (OpenDamages == 0) return;
        var now = clock.GetCurrentInstant();
        await store.Write.EnqueueAsync(db => ScrubRows.Repaired(db, segment.Id, side, now), cancellation);
        await CountAsync(cancellation);
    }

    private enum FileState
    {
        /// <summary>It is what was sealed.</summary>
        Whole,

        /// <summary>The disk does not give it, now.</summary>
        Unreadable,

        /// <summary>It was read, and it is not what was sealed.</summary>
        Changed,

        /// <summary>The disk is there and the file is not.</summary>
        Missing,

        /// <summary>It went while it was read.</summary>
        Unknown,
    }

    [LoggerMessage(3104, LogLevel.Error, "Scrub: the {Side} file {Path} is damaged: {What}")]
    private partial void LogDamaged(string side, string path, string what);

    [LoggerMessage(3105, LogLevel.Error, "Scrub: {Path} could not be restored from the mirror: {Why}")]
    private partial void LogNotRestored(string path, string why);
}
