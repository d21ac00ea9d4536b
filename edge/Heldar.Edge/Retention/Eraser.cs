using System.Data.Common;
using Heldar.Contracts.Events;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Media.SegmentNames;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>
/// The only one that deletes footage. Row and event go in one transaction, under the condition that nothing holds the segment; then the file; then the
/// seal log gets the deletion. A crash in between is finished at the next start, in the same order. A disk that does not answer is left out until it does. One caller at a time.
/// </summary>
internal sealed partial class Eraser(IStoreWriter store, IStoreReader reader, IOutbox outbox, VolumeWriters writers, DiskWork disks, ReadLocks locks, IClock clock, ILogger<Eraser> log) : ICandidateTaker
{
    private const int AtOnce = 500;
    private static readonly Duration FolderRests = Duration.FromHours(2);

    /// <summary>Deletions of volumes that are there wait for their files or their seal, such as those of a disk that is too full for a seal.</summary>
    public bool IsUnfinished { get; private set; }

    /// <summary>Deletes what may be deleted; answers those that are gone.</summary>
    public async Task<IReadOnlyList<Candidate>> TakeAsync(IReadOnlyList<Candidate> segments, string reason, CancellationToken cancellation)
    {
        // What holds it, and what people want kept, may be in the box's own database only, or in a part of the seal logs that is still to be read.
        if (!reader.IsWhole) return [];
        var claimed = new List<Candidate>(segments.Count);
        var gone = new List<Candidate>(segments.Count);
        try
        {
            foreach (var segment in segments)
                if (IsOurs(segment) && locks.TryLeave(segment.Id)) claimed.Add(segment);
            if (claimed.Count == 0) return [];
            IsUnfinished = true;
            await store.EnqueueAsync(
                db =>
                {
                    gone.Clear();
                    foreach (var group in claimed.GroupBy(s => (s.Camera, s.Volume))) LeaveRuns(db, [.. group.OrderBy(s => s.Start).ThenBy(s => s.Id)], reason, gone);
                },
                cancellation);
            RetentionMetrics.Deleted(reason, gone);
            await Task.WhenAll(gone.GroupBy(s => s.Volume).Select(g => UnlinkAsync(g, cancellation)));
            return gone;
        }
        finally
        {
            foreach (var segment in claimed) locks.Left(segment.Id);
        }
    }

    /// <summary>
    /// Brings every deletion to its end that the index has decided: files that are still there, then the seal log, together with one sync. What a
    /// failing disk keeps stays for the next time.
    /// </summary>
    public async Task FinishAsync(CancellationToken cancellation)
    {
        // A deletion that is done is forgotten here: what its segments' seals say must be read before.
        if (reader.IsFilling) return;
        while (true)
        {
            var there = writers.All.Where(IsAnswering).Select(w => w.Volume.Id).ToList();
            var pending = await reader.ReadAsync(db => RetentionRows.Pending(db, there, AtOnce), cancellation);
            var ends = (await Task.WhenAll(pending.GroupBy(d => d.Volume).Select(g => FinishAsync(g, cancellation)))).SelectMany(e => e).ToList();
            if (ends.Contains(Ending.Done) && pending.Count == AtOnce) continue;
            IsUnfinished = ends.Contains(Ending.Failed);
            return;
        }
    }

    /// <summary>Files of one volume one after the other: a disk that hangs takes one thread of the pool, however much waits for it. The seals share a sync.</summary>
    private async Task<Ending[]> FinishAsync(IGrouping<Guid, PendingDeletion> deletions, CancellationToken cancellation)
    {
        if (writers.All.FirstOrDefault(w => w.Volume.Id == deletions.Key) is not { } writer) return [Ending.Away];
        List<Task<Ending>> ends = [];
        foreach (var deletion in deletions)
        {
            try
            {
                foreach (var (_, path) in deletion.Files) await disks.RunAsync(writer.Volume, () => Unlink(writer.Volume, path), cancellation);
                ends.Add(SealAsync(writer, deletion, cancellation));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogFailed(deletion.Data.Count, writer.Volume.Root, e.Message);
                ends.Add(Task.FromResult(Ending.Failed));
            }
        }

        return await Task.WhenAll(ends);
    }

    private async Task<Ending> SealAsync(VolumeWriter writer, PendingDeletion deletion, CancellationToken cancellation)
    {
        try
        {
            await writer.SealAsync(
                new SealRecord { Type = SealType.Deletion, Deleted = deletion.Data, Segments = [.. deletion.Files.Select(f => f.Id)], Cause = deletion.Data.Reason }, cancellation);
            await store.EnqueueAsync(db => RetentionRows.Done(db, deletion.Id), cancellation);
            return Ending.Done;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            LogFailed(deletion.Data.Count, writer.Volume.Root, e.Message);
            return Ending.Failed;
        }
    }

    /// <summary>Frees the space at once; what fails is tried again with <see cref="FinishAsync(CancellationToken)"/>, which says so.</summary>
    private async Task UnlinkAsync(IGrouping<Guid, Candidate> gone, CancellationToken cancellation)
    {
        // A volume that went just now gets it done when it is back.
        if (writers.All.FirstOrDefault(w => w.Volume.Id == gone.Key)?.Volume is not { } volume) return;
        foreach (var segment in gone)
        {
            try
            {
                await disks.RunAsync(volume, () => Unlink(volume, segment.Path), cancellation);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogFailed(1, volume.Root, e.Message);
            }
        }
    }

    /// <summary>One deletion per unbroken run: its range names no footage that stays.</summary>
    private void LeaveRuns(DbConnection db, IReadOnlyList<Candidate> segments, string reason, List<Candidate> gone)
    {
        var run = new List<Candidate>();
        var id = NewId(clock.GetCurrentInstant());
        foreach (var segment in segments)
        {
            if (!RetentionRows.Leave(db, segment, id)) continue;
            gone.Add(segment);
            run.Add(segment);
        }

        // Rows are gone now, so what is found between two of them stays.
        var part = new List<Candidate>();
        foreach (var segment in run)
        {
            if (part.Count > 0 && RetentionRows.StaysBetween(db, segment.Camera, part[^1].Start, segment.Start))
            {
                Put(db, id, part, reason);
                id = NewId(clock.GetCurrentInstant());
                part.Clear();
            }

            part.Add(segment);
            RetentionRows.Move(db, segment.Id, id);
        }

        if (part.Count > 0) Put(db, id, part, reason);
    }

    private void Put(DbConnection db, Guid id, List<Candidate> part, string reason)
    {
        var now = clock.GetCurrentInstant();
        // The cloud hides what was opened before the deletion: a clock that was set back must not let the deleted come back.
        var newest = part.Max(s => Opened(s.Id));
        RetentionRows.Put(
            db, outbox, id, part[0].Volume,
            new FootageDeletedData
            {
                Camera = part[0].Camera,
                From = part[0].Start,
                To = part[^1].Start + Duration.FromMilliseconds(1),
                Reason = reason,
                Count = part.Count,
                Bytes = part.Sum(s => s.Bytes),
            },
            Instant.Max(now, newest + Duration.FromMilliseconds(1)));
    }

    private static bool IsAnswering(VolumeWriter writer) => writer.Fault != VolumeFault.Silent;

    /// <summary>Only a file with the name that this box gives its segments, on a volume that is there.</summary>
    private bool IsOurs(Candidate segment) =>
        writers.All.Any(w => w.Volume.Id == segment.Volume && IsAnswering(w)) && SegmentName.TryParse(segment.Path, out var name) && name.Id == segment.Id;

    private void Unlink(Volume volume, string path)
    {
        if (!SegmentName.TryParse(path, out var name) || volume.Resolve(path) is not { } full) throw new IOException($"{path} is not the path of a segment");
        if (volume.FirstLink(Path.GetDirectoryName(full)!) is { } link) throw new IOException($"{link} is a link: nothing behind it is deleted");
        if (!Directory.Exists(Path.GetDirectoryName(full))) return;
        File.Delete(full);
        if (clock.GetCurrentInstant() - name.Start < FolderRests) return;
        for (var folder = Path.GetDirectoryName(full)!; folder.Length > volume.Root.Length && !Directory.EnumerateFileSystemEntries(folder).Any(); folder = Path.GetDirectoryName(folder)!)
            Directory.Delete(folder);
    }

    private static Guid NewId(Instant now) => Guid.CreateVersion7(now.ToDateTimeOffset());

    private static Instant Opened(Guid id)
    {
        Span<byte> bytes = stackalloc byte[16];
        id.TryWriteBytes(bytes, bigEndian: true, out _);
        return Instant.FromUnixTimeMilliseconds(System.Buffers.Binary.BinaryPrimitives.ReadInt64BigEndian(bytes) >>> 16);
    }

    private enum Ending
    {
        Done,

        /// <summary>The volume is not there.</summary>
        Away,
        Failed,
    }

    [LoggerMessage(2301, LogLevel.Error, "{Count} deleted segments of {Volume} are still on disk or not sealed: {Error}")]
    private partial void LogFailed(long count, string volume, string error);
}
