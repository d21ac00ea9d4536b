using System.Data.Common;
using Dapper;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Edge.Uplink;

/// <summary>What waits and what is on its way.</summary>
/// <param name="Events">Events that are not sealed yet.</param>
/// <param name="Unsent">Sealed batches that no queue has taken yet.</param>
internal sealed record OutboxBacklog(long Events, long Unsent)
{
    public long Total => Events + Unsent;
}

/// <summary>The outbox's statements. Each is called within a transaction of the store's writer.</summary>
internal static class OutboxRows
{
    public static string Epoch(DbConnection db) => db.QuerySingle<string>("SELECT epoch FROM outbox_meta");

    public static OutboxBacklog Backlog(DbConnection db)
    {
        var row = db.QuerySingle<(long Events, long Unsent)>("SELECT events, unsent FROM outbox_meta");
        return new OutboxBacklog(row.Events, row.Unsent);
    }

    /// <summary>Time of the oldest event that no queue has taken yet: the first of those not sealed, and of the first unsent batch of each class. Null when nothing waits.</summary>
    public static Instant? OldestWaiting(DbConnection db)
    {
        Instant? oldest = db.QueryFirstOrDefault<string>("SELECT time FROM outbox_event ORDER BY id LIMIT 1") is { } time ? Contracts.InstantText.Parse(time) : null;
        foreach (var @class in Enum.GetValues<EventClass>())
        {
            var row = db.QueryFirstOrDefault<BatchRow>("SELECT class, seq, queue, envelope, staged FROM outbox_batch WHERE class = @c AND sent_at IS NULL ORDER BY seq LIMIT 1", new { c = (int)@class });
            if (row is null) continue;
            foreach (var one in Body(row).Events)
                if (oldest is null || one.Time < oldest) oldest = one.Time;
        }

        return oldest;
    }

    public static void Insert(DbConnection db, OutboxQueue queue, string type, string eventId, string? camera, string time, string data) => db.Execute(
        "INSERT INTO outbox_event (class, queue, type, event_id, camera, time, data) VALUES (@class, @queue, @type, @eventId, @camera, @time, @data)",
        new { @class = (int)queue.Class, queue = queue.Queue, type, eventId, camera, time, data });

    /// <summary>Takes the waiting states that a newer one replaces.</summary>
    public static void Collapse(DbConnection db, string type, string? camera) =>
        db.Execute("DELETE FROM outbox_event WHERE class = 2 AND type = @type AND camera IS @camera", new { type, camera });

    /// <summary>Most batches that one watermark makes go out again, so that a class that nobody applies does not fill its queue with copies.</summary>
    public const int MaxAgain = 256;

    // Waits double with each send: 2 min to 64 min for holes, which something later has passed; to 17 h for what the cloud has said nothing about, which most likely
    // waits in a queue without a reader.
    private const int HoleDoublings = 5;
    private const int TailDoublings = 9;

    /// <summary>Makes room: the oldest waiting event of the least urgent class leaves. States collapse by themselves, and evidence stays.</summary>
    public static void DropOldest(DbConnection db) =>
        db.Execute("DELETE FROM outbox_event WHERE id = (SELECT id FROM outbox_event WHERE class IN (1, 3, 4) ORDER BY class DESC, id LIMIT 1)");

    public static List<OutboxEvent> Oldest(DbConnection db, OutboxQueue queue, int limit) => db.Query<OutboxEvent>(
        "SELECT id, type, event_id AS eventId, camera, time, data FROM outbox_event WHERE class = @class AND queue = @queue ORDER BY id LIMIT @limit",
        new { @class = (int)queue.Class, queue = queue.Queue, limit }).AsList();

    public static long NextSeq(DbConnection db, EventClass @class) => db.QuerySingle<long>(
        """
        INSERT INTO outbox_sequence (class, next) VALUES (@c, 2)
        ON CONFLICT (class) DO UPDATE SET next = next + 1 RETURNING next - 1
        """,
        new { c = (int)@class });

    /// <summary>The highest number given so far; 0 for none.</summary>
    public static long LastSeq(DbConnection db, EventClass @class) =>
        db.QuerySingleOrDefault<long?>("SELECT next - 1 FROM outbox_sequence WHERE class = @c", new { c = (int)@class }) ?? 0;

    /// <summary>Replaces events by the batch that holds them.</summary>
    public static void Replace(DbConnection db, OutboxQueue queue, long firstId, long lastId, SealedBatch batch)
    {
        db.Execute(
            "INSERT INTO outbox_batch (class, seq, queue, envelope, staged) VALUES (@class, @seq, @queue, @envelope, @staged)",
            new { @class = (int)batch.Class, seq = batch.Seq, queue = batch.Queue, envelope = batch.Envelope, staged = batch.Staged });
        db.Execute(
            "DELETE FROM outbox_event WHERE class = @class AND queue = @queue AND id BETWEEN @firstId AND @lastId",
            new { @class = (int)queue.Class, queue = queue.Queue, firstId, lastId });
    }

    public static SealedBatch? NextUnsent(DbConnection db, OutboxQueue queue)
    {
        var row = db.QueryFirstOrDefault<BatchRow>(
            "SELECT class, seq, queue, envelope, staged FROM outbox_batch WHERE class = @class AND queue = @queue AND sent_at IS NULL ORDER BY seq LIMIT 1",
            new { @class = (int)queue.Class, queue = queue.Queue });
        return row is null ? null : new SealedBatch((EventClass)row.Class, row.Seq, row.Queue, row.Envelope, row.Staged);
    }

    public static void MarkSent(DbConnection db, SealedBatch batch, Instant now) => db.Execute(
        "UPDATE outbox_batch SET sent_at = @now, sends = sends + 1 WHERE class = @class AND seq = @seq",
        new { now = now.ToUnixTimeMilliseconds(), @class = (int)batch.Class, seq = batch.Seq });

    /// <summary>Batches above the watermark: they leave in order, so that the lowest number tells, however many there are.</summary>
    public static long Unacknowledged(DbConnection db, EventClass @class) =>
        db.QuerySingle<long?>("SELECT min(seq) FROM outbox_batch WHERE class = @c", new { c = (int)@class }) is { } first ? LastSeq(db, @class) - first + 1 : 0;

    /// <summary>Lets go what the cloud has, and marks what it lacks for another send. Says whether anything is to be sent again.</summary>
    public static bool Apply(DbConnection db, Watermark mark, Instant now, Duration resendAfter)
    {
        var c = (int)mark.Class;
        db.Execute("DELETE FROM outbox_batch WHERE class = @c AND seq <= @through", new { c, through = mark.Through });
        var again = 0;
        foreach (var hole in mark.Holes.TakeWhile(_ => again < MaxAgain)) again += SendAgain(db, c, hole.From, hole.To, now, resendAfter, HoleDoublings, MaxAgain - again);

        // Above the last hole the cloud has said nothing: the message may still wait in a queue.
        var known = mark.Holes.Count == 0 ? mark.Through : mark.Holes[^1].To + 1;
        if (again < MaxAgain) again += SendAgain(db, c, known + 1, long.MaxValue, now, resendAfter, TailDoublings, MaxAgain - again);
        return again > 0;
    }

    private static int SendAgain(DbConnection db, int c, long from, long to, Instant now, Duration wait, int doublings, int most) => db.Execute(
        """
        UPDATE outbox_batch SET sent_at = NULL WHERE class = @c AND seq IN (
          SELECT seq FROM outbox_batch WHERE class = @c AND seq BETWEEN @from AND @to AND sent_at <= @now - @wait * (1 << min(max(sends - 1, 0), @doublings))
          ORDER BY seq LIMIT @most)
        """,
        new { c, from, to, now = now.ToUnixTimeMilliseconds(), wait = (long)wait.TotalMilliseconds, doublings, most });

    /// <summary>
    /// Starts a new epoch: what was sealed but is not known to be applied becomes events again. For an outbox that finds itself older than the
    /// cloud's memory of it (a database restored from a copy).
    /// </summary>
    public static void RenewEpoch(DbConnection db)
    {
        foreach (var row in db.Query<BatchRow>("SELECT class, seq, queue, envelope, staged FROM outbox_batch ORDER BY class, seq").AsList())
        {
            var body = Body(row);
            foreach (var e in body.Events)
            {
                var camera = EventSource.TryParse(e.Source, out var source) ? source.Camera?.ToString("D") : null;
                Insert(db, new OutboxQueue(body.Class, row.Queue), e.Type, e.Id, camera, Contracts.InstantText.Format(e.Time), e.Data.GetRawText());
            }
        }

        db.Execute("DELETE FROM outbox_batch");
        db.Execute("DELETE FROM outbox_sequence");
        db.Execute("UPDATE outbox_meta SET epoch = lower(hex(randomblob(16)))");
    }

    private static BatchBody Body(BatchRow row) => BatchBody.Parse(row.Staged ?? BatchBody.Bytes(Envelope.Parse(row.Envelope).Body!));

    private sealed class BatchRow
    {
        public int Class { get; init; }

        public long Seq { get; init; }

        public string Queue { get; init; } = "";

        public byte[] Envelope { get; init; } = [];

        public byte[]? Staged { get; init; }
    }
}
