using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Media.SegmentNames;
using NodaTime;

namespace Heldar.Edge.Mirror;

/// <summary>
/// Brings the mirror to what the index has: copies whole closed segments that it missed, newest first and at a pace, and deletes copies of footage that retention
/// deleted. Every step is on disk before the next, so that a restart goes on where it was. One caller at a time.
/// </summary>
internal sealed partial class MirrorKeeper(
    VolumeSet volumes, VolumeWriters writers, MirrorBook book, MirrorReplay replay, (IStoreWriter Write, IStoreReader Read) store, ReadLocks locks, (Pace Pace, IClock Clock) time, ILogger<MirrorKeeper> log)
{
    private const int AtOnce = 20;
    private const long LeastFree = 64L << 20;
    private static readonly Duration Settles = Duration.FromSeconds(5);
    private Guid? _replayed;
    private VolumeWriter? _seen;

    /// <summary>One round; answers how much it did. Nothing while the mirror is away.</summary>
    public async Task<int> StepAsync(CancellationToken cancellation)
    {
        if (writers.Mirror is not { Fault: VolumeFault.None or VolumeFault.Full } mirror) return 0;
        if (_replayed != mirror.Volume.Id || _seen != mirror)
        {
            await replay.RunAsync(mirror.Volume, cancellation);
            (_replayed, _seen) = (mirror.Volume.Id, mirror);
        }

        await MirrorNotes.SealAsync(mirror, store.Write, store.Read, cancellation);
        var done = await DeleteAsync(mirror, cancellation);
        if (mirror.Fault != VolumeFault.None || mirror.FreeBytes < LeastFree) return done;
        var now = time.Clock.GetCurrentInstant();
        foreach (var item in await store.Read.ReadAsync(db => MirrorRows.Waiting(db, now, AtOnce), cancellation))
        {
            if (book.IsLive(item.Id, mirror.Volume)) continue;
            if (writers.Mirror != mirror) return done;
            if (await FillAsync(mirror, item, cancellation)) done++;
            else await store.Write.EnqueueAsync(db => MirrorRows.Later(db, item.Id, now, now - item.End < Settles ? Settles : MirrorRows.LongestWait), cancellation);
        }

        return done;
    }

    private async Task<bool> FillAsync(VolumeWriter mirror, MirrorItem item, CancellationToken cancellation)
    {
        if (locks.TryRead(item.Id) is not { } reading) return false;
        using (reading)
        {
            var index = new SegmentIndex(store.Read, volumes);
            if (await index.FindByIdAsync(item.Id, cancellation) is not { } segment || mirror.Volume.Resolve(segment.RelativePath) is not { } target) return false;
            try
            {
                var there = await VerifiedFile.TryHashAsync(target, time.Pace, cancellation);
                if (there != segment.Data.Sha256)
                {
                    if (volumes.Find(segment.Volume) is not { } primary || primary.Resolve(segment.RelativePath) is not { } source) return false;
                    // Another copy stays until the source has proved to be whole: it may be all that is left.
                    Func<Task>? makeRoom = VerifiedFile.IsFile(target)
                        ? () => SetAsideAsync(mirror, segment.RelativePath, there is null ? "the copy cannot be read" : "the copy differs from the segment", cancellation)
                        : null;
                    if (!await VerifiedFile.CopyAsync(source, target, segment.Data.Sha256, mirror.Volume, time.Pace, makeRoom, cancellation))
                    {
                        if (!primary.IsThere) return false;
                        LogSourceBad(segment.RelativePath);
                        var damage = new Damage(segment.Id, "primary", segment.Camera, "its bytes differ from what was sealed, or it is missing", time.Clock.GetCurrentInstant(), null);
                        await store.Write.EnqueueAsync(db => ScrubRows.Found(db, damage), cancellation);
                        MirrorMetrics.Damaged("primary");
                        return false;
                    }

                    MirrorMetrics.CaughtUp(segment.Bytes);
                }

                await mirror.SealAsync(new SealRecord { Type = SealType.Closed, Path = segment.RelativePath, Data = segment.Data }, cancellation);
                await store.Write.EnqueueAsync(db => MirrorRows.Copied(db, segment.Data, segment.RelativePath), cancellation);
                return true;
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogFailed(segment.RelativePath, e.Message);
                return false;
            }
        }
    }

    private async Task<int> DeleteAsync(VolumeWriter mirror, CancellationToken cancellation)
    {
        var leaving = await store.Read.ReadAsync(db => MirrorRows.Leaving(db, 200), cancellation);
        var done = 0;
        foreach (var group in leaving.Where(i => SegmentName.TryParse(i.Path, out var name) && name.Id == i.Id).GroupBy(i => i.Camera))
        {
            try
            {
                foreach (var item in group)
                    if (mirror.Volume.Resolve(item.Path) is { } path && File.Exists(path)) File.Delete(path);
                await mirror.SealAsync(
                    new SealRecord
                    {
                        Type = SealType.Deletion,
                        Deleted = new FootageDeletedData
                        {
                            Camera = group.Key,
                            From = group.Min(i => i.Start),
                            To = group.Max(i => i.Start) + Duration.FromMilliseconds(1),
                            Reason = "mirror",
                            Count = group.Count(),
                            Bytes = group.Sum(i => i.Bytes),
                        },
                        Segments = [.. group.Select(i => i.Id)],
                        Cause = "the segment itself was deleted",
                    },
                    cancellation);
                await store.Write.EnqueueAsync(
                    db =>
                    {
                        foreach (var item in group) MirrorRows.Forget(db, item.Id);
                    },
                    cancellation);
                done += group.Count();
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                LogFailed(group.First().Path, e.Message);
            }
        }

        return done;
    }

    private static async Task SetAsideAsync(VolumeWriter writer, string path, string cause, CancellationToken cancellation)
    {
        Quarantine.SetAside(writer.Volume, path);
        await writer.SealAsync(new SealRecord { Type = SealType.Quarantined, Path = path, Cause = cause }, cancellation);
    }

    [LoggerMessage(3101, LogLevel.Error, "Mirror: {Path}: {Error}")]
    private partial void LogFailed(string path, string error);

    [LoggerMessage(3102, LogLevel.Error, "Mirror: {Path} is missing or differs from its seal, so it is not copied")]
    private partial void LogSourceBad(string path);
}
