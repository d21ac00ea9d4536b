using System.Data.Common;
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
/// Brings what the mirror's seal log says into the database: which copies there are and, when this database has not seen the mirror before (it was lost), the footage,
/// holds and gaps that no other volume told of. Nothing is hashed again, every record may come again, and what a primary says was deleted stays deleted. One caller at a time.
/// </summary>
internal sealed partial class MirrorReplay(VolumeSet volumes, IStoreReader reader, IStoreWriter store, IOutbox outbox, IEnumerable<ISealReplay> replays, IClock clock, ILogger<MirrorReplay> log)
{
    private const int GroupSize = 500;

    /// <summary>What was sealed later is this process's own: its row is on its way from the primary.</summary>
    private readonly Instant _since = clock.GetCurrentInstant();
    private readonly IReadOnlyList<ISealReplay> _replays = [.. replays];

    /// <summary>Reads from the marked hour on; from the beginning until it was read as a whole.</summary>
    public async Task RunAsync(Volume mirror, CancellationToken cancellation)
    {
        var (mark, known) = await reader.ReadAsync(db => (SegmentRows.ReadMark(db, mirror.Id), MirrorRows.IsKnown(db, mirror.Id)), cancellation);
        var deleted = new Lazy<DeletedFootage>(() => DeletedFootage.Read(volumes.All, cancellation));
        var adopted = 0;
        foreach (var group in new SealReader(mirror.Root).Read(known ? mark : null, cancellation, fragments: false).Where(e => Takes(e.Record)).Chunk(GroupSize))
        {
            // The first look at the primaries' logs may take long: not on the store's thread.
            if (!known && !deleted.IsValueCreated && await reader.ReadAsync(db => group.Any(e => e.Record.Data is { } data && MirrorRows.VolumeOf(db, data.Segment) is null), cancellation)) _ = deleted.Value;
            var count = 0;
            await store.EnqueueAsync(
                db =>
                {
                    count = 0;
                    foreach (var (_, record) in group)
                        if (Apply(db, mirror, record, known ? null : deleted)) count++;
                    SegmentRows.Mark(db, mirror.Id, group[^1].Hour);
                },
                cancellation);
            adopted += count;
        }

        if (!known) await store.EnqueueAsync(db => MirrorRows.Know(db, mirror.Id), cancellation);
        if (adopted > 0) LogAdopted(mirror.Root, adopted);
    }

    private bool Takes(SealRecord record) =>
        record is { Data: not null, Path: not null } or { Type: SealType.Deletion or SealType.Quarantined } or { Hold: not null } || _replays.Any(r => r.Takes(record));

    /// <summary>True when it brought footage into the index.</summary>
    private bool Apply(DbConnection db, Volume mirror, SealRecord record, Lazy<DeletedFootage>? deleted)
    {
        switch (record)
        {
            case { Data: { } data, Path: { } path }:
                var lies = deleted is null ? null : MirrorRows.VolumeOf(db, data.Segment);
                var old = deleted is not null && record.At <= _since;
                var gone = old && lies is null && deleted!.Value.Has(data);
                var adopted = old && !gone && (lies is null || lies == mirror.Id) && Adopt(db, mirror, data, path) && lies is null;
                MirrorRows.Copied(db, data, path);
                if (gone) MirrorRows.Leave(db, data.Segment);
                return adopted;
            case { Hold: { } hold }:
                HoldRows.Apply(db, outbox, new Hold(hold.Data, hold.Level, hold.Created, hold.Segment, hold.Released, hold.ReleasedBy, true));
                return false;
            case { Type: SealType.Quarantined, Path: { } path }:
                if (!SegmentName.TryParse(path, out var name)) return false;
                if (MirrorRows.VolumeOf(db, name.Id) == mirror.Id) Forget(db, name.Id);
                else MirrorRows.Bad(db, name.Id);
                return false;
            case { Type: SealType.Deletion }:
                foreach (var id in record.Segments ?? [])
                {
                    if (deleted is not null && MirrorRows.VolumeOf(db, id) == mirror.Id) Forget(db, id);
                    else MirrorRows.Forget(db, id);
                }

                return false;
            default:
                foreach (var replay in _replays)
                    if (replay.Takes(record)) replay.Apply(db, mirror.Id, record);
                return false;
        }
    }

    /// <summary>Footage that only the mirror has comes into the index, lying there; not a file that is gone, since a hold would keep its row.</summary>
    private bool Adopt(DbConnection db, Volume mirror, SegmentData data, string path) =>
        (File.Exists(mirror.Resolve(path)) || !HoldRows.Covers(db, data.Camera, data.Start, data.End)) && SegmentRows.Apply(db, outbox, mirror.Id, path, data);

    private static void Forget(DbConnection db, Guid segment)
    {
        SegmentRows.Delete(db, segment);
        MirrorRows.Bad(db, segment);
        MirrorRows.Forget(db, segment);
    }

    [LoggerMessage(3107, LogLevel.Warning, "{Mirror}: {Count} segments that only the mirror has came into the index")]
    private partial void LogAdopted(string mirror, int count);
}
