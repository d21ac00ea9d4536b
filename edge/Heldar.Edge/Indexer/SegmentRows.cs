using System.Data.Common;
using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Store;

namespace Heldar.Edge.Indexer;

/// <summary>Writes rows of the index; always within a transaction of the store's writer.</summary>
internal static class SegmentRows
{
    /// <summary>
    /// Puts a segment and its event. Does nothing when the index has this revision or a newer one, so that every record of the seal log may be
    /// applied again. True when something changed.
    /// </summary>
    public static bool Apply(DbConnection db, IOutbox outbox, Guid volume, string path, SegmentData data)
    {
        var id = SegmentIndex.Text(data.Segment);
        var before = data.Revision > 1 ? Where(db, id) : null;
        var changed = db.Execute(
            """
            INSERT INTO segment (id, camera, revision, run, start_ns, end_ns, bytes, codec, width, height, frames, sha256, root, hash_origin, camera_offset_ms, reason, provenance, volume, path)
            SELECT @id, @camera, @revision, @run, @start, @end, @bytes, @codec, @width, @height, @frames, @sha256, @root, @origin, @offset, @reason, @provenance, @volume, @path
            WHERE NOT EXISTS (SELECT 1 FROM segment_leaving WHERE id = @id)
            ON CONFLICT (id) DO UPDATE SET revision = excluded.revision, start_ns = excluded.start_ns, end_ns = excluded.end_ns, bytes = excluded.bytes,
              codec = excluded.codec, width = excluded.width, height = excluded.height, frames = excluded.frames, sha256 = excluded.sha256,
              root = excluded.root, hash_origin = excluded.hash_origin, camera_offset_ms = excluded.camera_offset_ms, reason = excluded.reason, provenance = excluded.provenance,
              volume = excluded.volume, path = excluded.path
            WHERE excluded.revision > segment.revision
            """,
            new
            {
                id,
                camera = SegmentIndex.Text(data.Camera),
                revision = data.Revision,
                run = SegmentIndex.Text(data.Run),
                start = SegmentIndex.Ns(data.Start),
                end = SegmentIndex.Ns(data.End),
                bytes = data.Bytes,
                codec = data.Codec,
                width = data.Width,
                height = data.Height,
                frames = data.Frames,
                sha256 = data.Sha256,
                root = data.Root,
                origin = (int)data.HashOrigin,
                offset = data.CameraOffsetMs,
                reason = data.Reason,
                provenance = (int?)data.Provenance,
                volume = SegmentIndex.Text(volume),
                path,
            }) > 0;
        if (!changed) return false;
        if (before is not null) SpanRows.Remove(db, before.Camera, before.StartNs, before.EndNs);
        SpanRows.Add(db, SegmentIndex.Text(data.Camera), SegmentIndex.Ns(data.Start), SegmentIndex.Ns(data.End));
        var type = data.Revision == 1 ? EventTypes.SegmentClosed : EventTypes.SegmentRevised;
        outbox.Append(db, type, EventIds.ForSegment(data.Segment, type, data.Revision), data.Camera, data.End, data);
        return true;
    }

    /// <summary>The file of a segment, unchanged, lies elsewhere now. No revision: the footage is the same.</summary>
    public static void Move(DbConnection db, Guid segment, Guid volume, string path) => db.Execute(
        "UPDATE segment SET volume = @volume, path = @path WHERE id = @id", new { id = SegmentIndex.Text(segment), volume = SegmentIndex.Text(volume), path });

    /// <summary>
    /// The seal log of a volume has the same footage that the index has on one that is not there: the row follows. True when it did.
    /// </summary>
    public static bool Settle(DbConnection db, Guid volume, string path, SegmentData data, IEnumerable<Guid> there)
    {
        var id = SegmentIndex.Text(data.Segment);
        if (db.QueryFirstOrDefault<string?>("SELECT volume FROM segment WHERE id = @id AND revision = @revision AND sha256 = @sha256", new { id, revision = data.Revision, sha256 = data.Sha256 }) is not { } lies
            || lies == SegmentIndex.Text(volume) || there.Any(v => SegmentIndex.Text(v) == lies)) return false;
        Move(db, data.Segment, volume, path);
        return true;
    }

    /// <summary>Removes the rows of a deletion that the seal log tells of; answers their number. Held footage stays.</summary>
    /// <param name="db">Within a transaction of the store's writer.</param>
    /// <param name="volume">Identity of the volume whose log it is.</param>
    /// <param name="deleted">The range.</param>
    /// <param name="segments">The segments that are gone; null for all that start in the range.</param>
    public static int Delete(DbConnection db, Guid volume, FootageDeletedData deleted, IReadOnlyList<Guid>? segments = null)
    {
        segments ??= [.. db.Query<string>(
            $"SELECT id FROM segment WHERE camera = @camera AND volume = @volume AND start_ns >= @from AND start_ns < @to AND {HoldRows.IsFree}",
            new
            {
                camera = SegmentIndex.Text(deleted.Camera),
                volume = SegmentIndex.Text(volume),
                from = SegmentIndex.Ns(deleted.From),
                to = SegmentIndex.Ns(deleted.To),
            }).Select(id => Guid.ParseExact(id, "D"))];
        return segments.Count(id => Delete(db, id));
    }

    /// <summary>Removes one row unless it is held; false when it stays or was not there.</summary>
    public static bool Delete(DbConnection db, Guid segment)
    {
        var id = SegmentIndex.Text(segment);
        if (Where(db, id) is not { } row || db.Execute($"DELETE FROM segment WHERE id = @id AND {HoldRows.IsFree}", new { id }) == 0) return false;
        SpanRows.Remove(db, row.Camera, row.StartNs, row.EndNs);
        return true;
    }

    /// <summary>Notes that the archive has a segment, verified: age and quota may delete it where the policy asks for that.</summary>
    public static void MarkArchived(DbConnection db, Guid segment) =>
        db.Execute("UPDATE segment SET archived = 1 WHERE id = @id", new { id = SegmentIndex.Text(segment) });

    /// <summary>Those of the ids that the index has, or that are on their way out of it.</summary>
    public static HashSet<Guid> Known(DbConnection db, IEnumerable<Guid> ids) => [.. ids.Where(id => db.ExecuteScalar<long>(
        "SELECT EXISTS (SELECT 1 FROM segment WHERE id = @id) OR EXISTS (SELECT 1 FROM segment_leaving WHERE id = @id)", new { id = SegmentIndex.Text(id) }) != 0)];

    /// <summary>Notes that everything sealed before this hour is in the index.</summary>
    public static void Mark(DbConnection db, Guid volume, string hour) => db.Execute(
        "INSERT INTO volume_mark (volume, hour) VALUES (@volume, @hour) ON CONFLICT (volume) DO UPDATE SET hour = max(hour, excluded.hour)",
        new { volume = SegmentIndex.Text(volume), hour });

    /// <summary>The hour that reconciling may start with; null for the beginning.</summary>
    public static string? ReadMark(DbConnection db, Guid volume) =>
        db.QueryFirstOrDefault<string>("SELECT hour FROM volume_mark WHERE volume = @volume", new { volume = SegmentIndex.Text(volume) });

    /// <summary>Whether any seal log was read into this database.</summary>
    public static bool AnyMark(DbConnection db) => db.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM volume_mark)") != 0;

    private static Row? Where(DbConnection db, string id) =>
        db.QueryFirstOrDefault<Row>("SELECT camera, start_ns AS StartNs, end_ns AS EndNs FROM segment WHERE id = @id", new { id });
}
