using System.Data.Common;
using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>Kept counters of one camera on one volume.</summary>
internal sealed record Kept(Guid Camera, Guid Volume, long Segments, long Bytes, long HeldSegments, long HeldBytes)
{
    public long FreeBytes => Bytes - HeldBytes;
}

/// <summary>A segment that may be deleted.</summary>
internal sealed record Candidate(Guid Id, Guid Camera, Guid Volume, string Path, Instant Start, Instant End, long Bytes);

/// <summary>Whose oldest footage is asked for, and where the last answer ended.</summary>
/// <param name="camera">Camera uid.</param>
/// <param name="volumes">Only what lies there.</param>
/// <param name="archived">Only what the archive has.</param>
internal sealed class CandidateScope(Guid camera, IReadOnlyList<Guid> volumes, bool archived = false)
{
    public bool Archived => archived;

    public Guid Camera => camera;

    public IReadOnlyList<Guid> Volumes => volumes;

    public long AfterStart { get; set; } = long.MinValue;

    public string AfterId { get; set; } = "";
}

/// <summary>Questions and statements of retention. Every one goes along an index over what is not held, so that it costs what it deletes.</summary>
internal static class RetentionRows
{
    /// <summary>Whether an archive has ever confirmed a segment.</summary>
    public static bool AnyArchived(DbConnection db) => db.ExecuteScalar<long>("SELECT EXISTS (SELECT 1 FROM archive_mark)") != 0;

    public static IReadOnlyList<Kept> Totals(DbConnection db) =>
        [.. db.Query<(string Camera, string Volume, long Segments, long Bytes, long HeldSegments, long HeldBytes)>(
                "SELECT camera, volume, segments, bytes, held_segments, held_bytes FROM camera_volume_total WHERE segments > 0")
            .Select(r => new Kept(Guid.ParseExact(r.Camera, "D"), Guid.ParseExact(r.Volume, "D"), r.Segments, r.Bytes, r.HeldSegments, r.HeldBytes))];

    /// <summary>The next oldest segments that nothing holds.</summary>
    /// <param name="db">A reader's connection.</param>
    /// <param name="scope">Whose; moved on to the last one of the answer.</param>
    /// <param name="endedBefore">Only those that ended by then, and whose time is not in doubt; null for all.</param>
    /// <param name="limit">Most answers.</param>
    public static IReadOnlyList<Candidate> Oldest(DbConnection db, CandidateScope scope, Instant? endedBefore, int limit)
    {
        // Volume by volume, so that what lies on one that is away costs nothing; then in one order.
        var some = scope.Volumes.SelectMany(v => On(db, scope, v, endedBefore, limit)).OrderBy(c => c.Start).ThenBy(c => SegmentIndex.Text(c.Id), StringComparer.Ordinal).Take(limit).ToList();
        if (some.Count > 0) (scope.AfterStart, scope.AfterId) = (SegmentIndex.Ns(some[^1].Start), SegmentIndex.Text(some[^1].Id));
        return some;
    }

    private static IEnumerable<Candidate> On(DbConnection db, CandidateScope scope, Guid volume, Instant? endedBefore, int limit)
    {
        var (index, where) = scope.Archived ? ("segment_volume_archived_free", "archived = 1 AND ") : ("segment_volume_free", "");
        var age = endedBefore is null
            ? ""
            : "AND start_ns < @ended AND end_ns <= @ended AND NOT EXISTS (SELECT 1 FROM clock_doubt d WHERE segment.start_ns BETWEEN d.from_ns AND d.to_ns AND (d.until_ns IS NULL OR d.until_ns > @ended)) ";
        return db.Query<(string Id, string Path, long Start, long End, long Bytes)>(
            $"""
            SELECT id, path, start_ns, end_ns, bytes FROM segment INDEXED BY {index}
            WHERE {where}volume = @volume AND camera = @camera AND held = 0 AND (start_ns, id) > (@afterStart, @afterId) {age}
            ORDER BY start_ns, id LIMIT @limit
            """,
            new
            {
                camera = SegmentIndex.Text(scope.Camera),
                volume = SegmentIndex.Text(volume),
                ended = endedBefore is { } e ? SegmentIndex.Ns(e) : 0,
                afterStart = scope.AfterStart,
                afterId = scope.AfterId,
                limit,
            }).Select(r => new Candidate(Guid.ParseExact(r.Id, "D"), scope.Camera, volume, r.Path, SegmentIndex.Time(r.Start), SegmentIndex.Time(r.End), r.Bytes));
    }

    /// <summary>Notes a segment as leaving and removes its row; false when it is held or gone.</summary>
    public static bool Leave(DbConnection db, Candidate segment, Guid deletion)
    {
        if (!SegmentRows.Delete(db, segment.Id)) return false;
        db.Execute(
            "INSERT OR REPLACE INTO segment_leaving (id, deletion, volume, path) VALUES (@id, @deletion, @volume, @path)",
            new { id = SegmentIndex.Text(segment.Id), deletion = SegmentIndex.Text(deletion), volume = SegmentIndex.Text(segment.Volume), path = segment.Path });
        return true;
    }

    /// <summary>Counts a leaving segment to another deletion.</summary>
    public static void Move(DbConnection db, Guid segment, Guid deletion) => db.Execute(
        "UPDATE segment_leaving SET deletion = @deletion WHERE id = @id AND deletion <> @deletion",
        new { id = SegmentIndex.Text(segment), deletion = SegmentIndex.Text(deletion) });

    /// <summary>Whether footage of the camera stays that starts from <paramref name="from"/> to <paramref name="to"/>, both inclusive.</summary>
    public static bool StaysBetween(DbConnection db, Guid camera, Instant from, Instant to) => db.ExecuteScalar<long>(
        "SELECT EXISTS (SELECT 1 FROM segment WHERE camera = @camera AND start_ns >= @from AND start_ns <= @to)",
        new { camera = SegmentIndex.Text(camera), from = SegmentIndex.Ns(from), to = SegmentIndex.Ns(to) }) != 0;

    /// <summary>Keeps a deletion until its files are gone and the seal log has it, and tells the cloud in the same transaction.</summary>
    public static void Put(DbConnection db, IOutbox outbox, Guid id, Guid volume, FootageDeletedData data, Instant at)
    {
        db.Execute(
            "INSERT INTO deletion (id, volume, camera, from_ns, to_ns, reason, segments, bytes) VALUES (@id, @volume, @camera, @from, @to, @reason, @count, @bytes)",
            new
            {
                id = SegmentIndex.Text(id),
                volume = SegmentIndex.Text(volume),
                camera = SegmentIndex.Text(data.Camera),
                from = SegmentIndex.Ns(data.From),
                to = SegmentIndex.Ns(data.To),
                reason = data.Reason,
                count = data.Count,
                bytes = data.Bytes,
            });
        outbox.Append(db, EventTypes.FootageDeleted, SegmentIndex.Text(id), data.Camera, at, data);
    }

    /// <summary>Deletions of volumes whose files or seal are still to be done, oldest first.</summary>
    public static IReadOnlyList<PendingDeletion> Pending(DbConnection db, IReadOnlyCollection<Guid> volumes, int limit) => volumes.Count == 0 ? [] :
        [.. db.Query<(string Id, string Volume, string Camera, long From, long To, string Reason, long Count, long Bytes)>(
                "SELECT id, volume, camera, from_ns, to_ns, reason, segments, bytes FROM deletion WHERE volume IN @volumes ORDER BY id LIMIT @limit",
                new { volumes = volumes.Select(SegmentIndex.Text), limit })
            .Select(r => new PendingDeletion(
                Guid.ParseExact(r.Id, "D"),
                Guid.ParseExact(r.Volume, "D"),
                new FootageDeletedData
                {
                    Camera = Guid.ParseExact(r.Camera, "D"),
                    From = SegmentIndex.Time(r.From),
                    To = SegmentIndex.Time(r.To),
                    Reason = r.Reason,
                    Count = r.Count,
                    Bytes = r.Bytes,
                },
                [.. db.Query<(string Id, string Path)>("SELECT id, path FROM segment_leaving WHERE deletion = @id", new { id = r.Id })
                    .Select(s => (Guid.ParseExact(s.Id, "D"), s.Path))]))];

    /// <summary>Files are gone and the seal is on disk.</summary>
    public static void Done(DbConnection db, Guid deletion) => db.Execute(
        "DELETE FROM segment_leaving WHERE deletion = @id; DELETE FROM deletion WHERE id = @id", new { id = SegmentIndex.Text(deletion) });
}

/// <summary>A deletion on its way from the index to the disk and the seal log.</summary>
internal sealed record PendingDeletion(Guid Id, Guid Volume, FootageDeletedData Data, IReadOnlyList<(Guid Id, string Path)> Files);
