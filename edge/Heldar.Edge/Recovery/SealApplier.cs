using System.Data.Common;
using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;

namespace Heldar.Edge.Recovery;

/// <summary>
/// Applies records of seal logs to the index, a group at a time. Every record may be applied twice: the index takes only newer revisions, and the cloud the same event once.
/// Used by one reader of a log at a time.
/// </summary>
internal sealed class SealApplier(VolumeWriters volumes, IStoreWriter store, IOutbox outbox, IEnumerable<ISealReplay> replays)
{
    /// <summary>Records of one transaction.</summary>
    public const int GroupSize = 500;
    private readonly IReadOnlyList<ISealReplay> _replays = [.. replays];

    /// <summary>Footage that is there.</summary>
    public static bool IsSegment(SealRecord record) => record is { Type: SealType.Closed or SealType.Salvaged, Data: not null, Path: not null };

    /// <summary>Footage, its deletion, or a hold on it.</summary>
    public static bool IsOfIndex(SealRecord record) => IsSegment(record) || record is { Deleted: not null } or { Hold: not null };

    /// <summary>Some room's own.</summary>
    public bool IsReplayed(SealRecord record) => _replays.Any(r => r.Takes(record));

    /// <summary>Applies a group and empties it; answers how many changed something.</summary>
    /// <param name="volume">Whose log it is.</param>
    /// <param name="group">In the order of the log.</param>
    /// <param name="mark">The log is applied up to the last of them, and later starts may begin there.</param>
    /// <param name="cancellation">Gives up waiting for the database.</param>
    public async Task<int> ApplyAsync(Volume volume, List<SealEntry> group, bool mark, CancellationToken cancellation)
    {
        if (group.Count == 0) return 0;
        var changed = 0;
        var there = volumes.All.Select(w => w.Volume.Id).ToList();
        await store.EnqueueAsync(
            db =>
            {
                changed = 0;
                foreach (var (_, record) in group)
                {
                    foreach (var replay in _replays)
                        if (replay.Takes(record)) changed += replay.Apply(db, volume.Id, record);
                    if (record.Deleted is { } deleted) changed += SegmentRows.Delete(db, volume.Id, deleted, record.Segments);
                    else if (record.Hold is { } hold) changed += ApplyHold(db, volume, hold) ? 1 : 0;
                    else if (record is { Data: { } data, Path: { } path } && !IsGone(db, volume, data, path)
                        && (SegmentRows.Apply(db, outbox, volume.Id, path, data) || (File.Exists(volume.Resolve(path)) && SegmentRows.Settle(db, volume.Id, path, data, there)))) changed++;
                }

                if (mark) SegmentRows.Mark(db, volume.Id, group[^1].Hour);
            },
            cancellation);
        group.Clear();
        return changed;
    }

    private bool ApplyHold(DbConnection db, Volume volume, HoldSeal hold)
    {
        var changed = HoldRows.Apply(db, outbox, new Hold(hold.Data, hold.Level, hold.Created, hold.Segment, hold.Released, hold.ReleasedBy, true));
        HoldRows.Sealed(db, hold.Data.Hold, volume.Id, hold.Released is not null);
        return changed;
    }

    /// <summary>Deleted footage that a later hold covers: its row could not be taken out again.</summary>
    private static bool IsGone(DbConnection db, Volume volume, SegmentData data, string path) =>
        HoldRows.Covers(db, data.Camera, data.Start, data.End) && !File.Exists(volume.Resolve(path));
}
