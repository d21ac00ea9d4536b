using System.Data.Common;
using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Indexer;

/// <summary>A hold as the database keeps it.</summary>
/// <param name="Data">What its event tells.</param>
/// <param name="Level">Role of who placed it; a lower one cannot end it.</param>
/// <param name="Created">When it was placed.</param>
/// <param name="Segment">The segment that it was placed on, when it was one.</param>
/// <param name="Released">When it ended; null while it stands.</param>
/// <param name="ReleasedBy">Who ended it.</param>
/// <param name="Sealed">At least one seal log has it as it is here.</param>
internal sealed record Hold(HoldAppliedData Data, int Level, Instant Created, Guid? Segment, Instant? Released, string? ReleasedBy, bool Sealed)
{
    public Guid Id => Data.Hold;
}

/// <summary>Rows of holds; writes only within a transaction of the store's writer. The triggers of the table keep <c>segment.held</c>.</summary>
internal static class HoldRows
{
    /// <summary>The condition that every statement carries that deletes from <c>segment</c>: neither marked as held nor under any hold that stands.</summary>
    public const string IsFree =
        "held = 0 AND NOT EXISTS (SELECT 1 FROM hold h WHERE h.camera = segment.camera AND h.released_ns IS NULL AND h.to_ns > segment.start_ns AND h.from_ns < segment.end_ns)";

    private const string Columns =
        "id, camera, from_ns AS FromNs, to_ns AS ToNs, reason, owner, level, created_ns AS CreatedNs, expires_ns AS ExpiresNs, case_id AS CaseId, segment, "
        + "released_ns AS ReleasedNs, released_by AS ReleasedBy, sealed";

    /// <summary>What stands as who ended a hold that ran out. People and keys carry their kind before their name, so that nobody else is called so.</summary>
    public const string Expiry = "expiry";

    /// <summary>Puts a hold like <see cref="Put"/>, and tells the cloud in the same transaction what is new about it: that it stands, that it ended, or both.</summary>
    public static bool Apply(DbConnection db, IOutbox outbox, Hold hold)
    {
        var isNew = Find(db, hold.Id) is null;
        if (!Put(db, hold)) return false;
        if (isNew) outbox.Append(db, EventTypes.HoldApplied, hold.Id.ToString("D"), hold.Data.Camera, hold.Created, hold.Data);
        if (hold is { Released: { } at, ReleasedBy: var by })
            outbox.Append(
                db, EventTypes.HoldReleased, EventIds.ForHoldEnd(hold.Id), hold.Data.Camera, at,
                new HoldReleasedData { HoldId = hold.Id, Camera = hold.Data.Camera, ReleasedAt = at, ReleasedBy = by is { Length: > 0 } ? by : "unknown", Reason = by == Expiry ? HoldEnd.Expired : HoldEnd.Released });
        return true;
    }

    /// <summary>Puts a hold, or ends one that stands; an ended one stays ended. True when something changed.</summary>
    public static bool Put(DbConnection db, Hold hold)
    {
        var id = SegmentIndex.Text(hold.Id);
        var known = db.QueryFirstOrDefault<long?>("SELECT released_ns IS NOT NULL FROM hold WHERE id = @id", new { id });
        if (known is null)
            db.Execute(
                """
                INSERT INTO hold (id, camera, from_ns, to_ns, reason, owner, level, created_ns, expires_ns, case_id, segment, released_ns, released_by, sealed)
                VALUES (@id, @camera, @from, @to, @reason, @owner, @level, @created, @expires, @caseId, @segment, @released, @by, @sealed)
                """,
                new
                {
                    id,
                    camera = SegmentIndex.Text(hold.Data.Camera),
                    from = SegmentIndex.Ns(hold.Data.From),
                    to = SegmentIndex.Ns(hold.Data.To),
                    reason = hold.Data.Reason,
                    owner = hold.Data.Owner,
                    level = hold.Level,
                    created = SegmentIndex.Ns(hold.Created),
                    expires = Ns(hold.Data.Expires),
                    caseId = hold.Data.Case,
                    segment = hold.Segment is { } s ? SegmentIndex.Text(s) : null,
                    released = Ns(hold.Released),
                    by = hold.ReleasedBy,
                    @sealed = hold.Sealed,
                });
        else if (known == 0 && hold.Released is { } released)
            db.Execute(
                "UPDATE hold SET released_ns = @released, released_by = @by, sealed = @sealed WHERE id = @id AND released_ns IS NULL",
                new { id, released = SegmentIndex.Ns(released), by = hold.ReleasedBy, @sealed = hold.Sealed });
        else return false;
        return true;
    }

    /// <summary>Whether a hold that stands covers a part of the stretch.</summary>
    public static bool Covers(DbConnection db, Guid camera, Instant from, Instant to) => db.ExecuteScalar<long>(
        "SELECT EXISTS (SELECT 1 FROM hold WHERE camera = @camera AND released_ns IS NULL AND to_ns > @from AND from_ns < @to)",
        new { camera = SegmentIndex.Text(camera), from = SegmentIndex.Ns(from), to = SegmentIndex.Ns(to) }) != 0;

    /// <summary>Whether any hold stands on a camera's footage.</summary>
    public static bool StandsOn(DbConnection db, Guid camera) => db.ExecuteScalar<long>(
        "SELECT EXISTS (SELECT 1 FROM hold WHERE camera = @camera AND released_ns IS NULL)", new { camera = SegmentIndex.Text(camera) }) != 0;

    /// <summary>Notes that the seal log of a volume has it, as standing or as ended.</summary>
    public static void Sealed(DbConnection db, Guid id, Guid volume, bool released) => db.Execute(
        """
        INSERT INTO hold_seal (hold, volume, released) VALUES (@id, @volume, @released) ON CONFLICT (hold, volume) DO UPDATE SET released = max(released, excluded.released);
        UPDATE hold SET sealed = 1 WHERE id = @id AND (released_ns IS NOT NULL) = @released
        """,
        new { id = SegmentIndex.Text(id), volume = SegmentIndex.Text(volume), released });

    /// <summary>Whether the seal log of a volume is known to tell of its end.</summary>
    public static bool IsEndSealed(DbConnection db, Guid id, Guid volume) => db.ExecuteScalar<long>(
        "SELECT EXISTS (SELECT 1 FROM hold_seal WHERE hold = @id AND volume = @volume AND released = 1)", new { id = SegmentIndex.Text(id), volume = SegmentIndex.Text(volume) }) != 0;

    public static Hold? Find(DbConnection db, Guid id) =>
        db.QueryFirstOrDefault<HoldRow>($"SELECT {Columns} FROM hold WHERE id = @id", new { id = SegmentIndex.Text(id) })?.ToHold();

    public static IReadOnlyList<Hold> Standing(DbConnection db, int limit) => Many(db, "released_ns IS NULL ORDER BY created_ns, id", new { limit });

    public static IReadOnlyList<Hold> OfCase(DbConnection db, string caseId, int limit) => Many(db, "case_id = @caseId ORDER BY created_ns, id", new { limit, caseId });

    public static IReadOnlyList<Hold> OfSegment(DbConnection db, Guid segment, int limit) =>
        Many(db, "segment = @segment AND released_ns IS NULL ORDER BY created_ns, id", new { limit, segment = SegmentIndex.Text(segment) });

    public static IReadOnlyList<Hold> Expired(DbConnection db, Instant now, int limit) =>
        Many(db, "released_ns IS NULL AND expires_ns <= @now ORDER BY expires_ns, id", new { limit, now = SegmentIndex.Ns(now) });

    /// <summary>What the seal log of a volume lacks: holds that stand, ends of those that it has as standing, and what no log has.</summary>
    public static IReadOnlyList<Hold> Unsealed(DbConnection db, Guid volume, int limit) => Many(
        db,
        """
        id IN (
          SELECT h.id FROM hold h WHERE h.released_ns IS NULL AND NOT EXISTS (SELECT 1 FROM hold_seal s WHERE s.hold = h.id AND s.volume = @volume)
          UNION SELECT s.hold FROM hold_seal s JOIN hold h ON h.id = s.hold WHERE s.volume = @volume AND s.released = 0 AND h.released_ns IS NOT NULL
          UNION SELECT h.id FROM hold h WHERE h.sealed = 0 AND NOT EXISTS (SELECT 1 FROM hold_seal s WHERE s.hold = h.id AND s.volume = @volume AND s.released = (h.released_ns IS NOT NULL)))
        ORDER BY id
        """,
        new { volume = SegmentIndex.Text(volume), limit });

    public static long CountStanding(DbConnection db) => db.ExecuteScalar<long>("SELECT count(*) FROM hold WHERE released_ns IS NULL");

    /// <summary>Cases with a hold that stands, and the number of those.</summary>
    public static IReadOnlyList<(string Case, long Holds)> Cases(DbConnection db) =>
        db.Query<(string, long)>("SELECT case_id, count(*) FROM hold WHERE case_id IS NOT NULL AND released_ns IS NULL GROUP BY case_id ORDER BY case_id LIMIT 5000").AsList();

    private static IReadOnlyList<Hold> Many(DbConnection db, string where, object values) =>
        [.. db.Query<HoldRow>($"SELECT {Columns} FROM hold WHERE {where} LIMIT @limit", values).Select(r => r.ToHold())];

    private static long? Ns(Instant? time) => time is { } known ? SegmentIndex.Ns(known) : null;

    private sealed class HoldRow
    {
        public string Id { get; init; } = "";

        public string Camera { get; init; } = "";

        public long FromNs { get; init; }

        public long ToNs { get; init; }

        public string Reason { get; init; } = "";

        public string Owner { get; init; } = "";

        public long Level { get; init; }

        public long CreatedNs { get; init; }

        public long? ExpiresNs { get; init; }

        public string? CaseId { get; init; }

        public string? Segment { get; init; }

        public long? ReleasedNs { get; init; }

        public string? ReleasedBy { get; init; }

        public long Sealed { get; init; }

        public Hold ToHold() => new(
            new HoldAppliedData
            {
                Hold = Guid.ParseExact(Id, "D"),
                Camera = Guid.ParseExact(Camera, "D"),
                From = SegmentIndex.Time(FromNs),
                To = SegmentIndex.Time(ToNs),
                Reason = Reason,
                Owner = Owner,
                Expires = ExpiresNs is { } e ? SegmentIndex.Time(e) : null,
                Case = CaseId,
            },
            (int)Level,
            SegmentIndex.Time(CreatedNs),
            Segment is { } s ? Guid.ParseExact(s, "D") : null,
            ReleasedNs is { } r ? SegmentIndex.Time(r) : null,
            ReleasedBy,
            Sealed != 0);
    }
}
