using System.Globalization;
using Dapper;
using NodaTime;

namespace Heldar.Edge.Indexer;

internal sealed partial class SegmentIndex
{
    private const string Columns =
        "id, camera, revision, run, start_ns AS StartNs, end_ns AS EndNs, bytes, codec, width, height, frames, sha256, root, hash_origin AS HashOrigin, "
        + "camera_offset_ms AS CameraOffsetMs, reason, provenance, volume, path, held";

    public async partial Task<SegmentPage> FindAsync(Guid camera, Instant from, Instant to, int limit, string? cursor, CancellationToken cancellation)
    {
        limit = Math.Clamp(limit, 1, MaxLimit);
        var (afterStart, afterId) = ParseCursor(cursor);
        var rows = await reader.ReadAsync(
            db => db.Query<Row>(
                $"""
                SELECT {Columns} FROM segment
                WHERE camera = @camera AND start_ns < @to AND start_ns >= @from - (SELECT COALESCE(MAX(longest_ns), 0) FROM camera_total WHERE camera = @camera)
                  AND end_ns > @from AND (start_ns, id) > (@afterStart, @afterId)
                ORDER BY start_ns, id LIMIT @limit
                """,
                new { camera = Text(camera), from = Ns(from), to = Ns(to), afterStart, afterId, limit = limit + 1 }).AsList(),
            cancellation);
        var more = rows.Count > limit;
        if (more) rows.RemoveAt(limit);
        var next = more ? string.Create(CultureInfo.InvariantCulture, $"{rows[^1].StartNs}.{rows[^1].Id}") : null;
        return new SegmentPage([.. rows.Select(ToSegment)], next);
    }

    public async partial Task<Segment?> FindByIdAsync(Guid id, CancellationToken cancellation)
    {
        var row = await reader.ReadAsync(
            db => db.QueryFirstOrDefault<Row>($"SELECT {Columns} FROM segment WHERE id = @id", new { id = Text(id) }), cancellation);
        return row is null ? null : ToSegment(row);
    }

    public async partial Task<Segment?> FindAtAsync(Guid camera, Instant time, CancellationToken cancellation)
    {
        var row = await reader.ReadAsync(
            db => db.QueryFirstOrDefault<Row>(
                $"""
                SELECT {Columns} FROM segment
                WHERE camera = @camera AND start_ns <= @at AND start_ns >= @at - (SELECT COALESCE(MAX(longest_ns), 0) FROM camera_total WHERE camera = @camera) AND end_ns > @at
                ORDER BY id DESC LIMIT 1
                """,
                new { camera = Text(camera), at = Ns(time) }),
            cancellation);
        return row is null ? null : ToSegment(row);
    }

    public async partial Task<IReadOnlyList<RecordedSpan>> TimelineAsync(Guid camera, Instant from, Instant to, CancellationToken cancellation) =>
        await reader.ReadAsync(db => SpanRows.Within(db, Text(camera), Ns(from), Ns(to), MaxSpans), cancellation);

    public async partial Task<IReadOnlyList<RecordedSpan>> ForeignAsync(Guid camera, Instant from, Instant to, CancellationToken cancellation) => await reader.ReadAsync(
        db => db.Query<(long Start, long End)>(
            """
            SELECT max(start_ns, @from), min(end_ns, @to) FROM segment
            WHERE camera = @camera AND provenance IS NOT NULL AND start_ns < @to AND end_ns > @from
              AND start_ns >= @from - (SELECT COALESCE(MAX(longest_ns), 0) FROM camera_total WHERE camera = @camera)
            ORDER BY start_ns
            """,
            new { camera = Text(camera), from = Ns(from), to = Ns(to) }).Select(s => new RecordedSpan(Time(s.Start), Time(s.End))).ToList(),
        cancellation);

    public partial Task<IReadOnlyList<Hold>> HoldsOfCaseAsync(string caseId, int limit, CancellationToken cancellation) => reader.ReadAsync(db => HoldRows.OfCase(db, caseId, limit), cancellation);

    public async partial Task<CameraTotals> TotalsAsync(Guid camera, CancellationToken cancellation) => await reader.ReadAsync(
        db => db.QueryFirstOrDefault<(long Segments, long Bytes, long Frames)>(
            "SELECT segments, bytes, frames FROM camera_total WHERE camera = @camera", new { camera = Text(camera) }) is var (s, b, f) ? new CameraTotals(s, b, f) : default,
        cancellation);

    /// <summary>Instants are kept as nanoseconds since 1970, which reach to the year 2262.</summary>
    internal static long Ns(Instant time)
    {
        var since = time - NodaConstants.UnixEpoch;
        return since > Max ? long.MaxValue : since < -Max ? -long.MaxValue : since.ToInt64Nanoseconds();
    }

    internal static Instant Time(long ns) => NodaConstants.UnixEpoch.PlusNanoseconds(ns);

    internal static string Text(Guid id) => id.ToString("D");

    private static readonly Duration Max = Duration.FromNanoseconds(long.MaxValue);

    private static (long Start, string Id) ParseCursor(string? cursor)
    {
        if (cursor is null) return (long.MinValue, "");
        var dot = cursor.IndexOf('.', StringComparison.Ordinal);
        if (dot <= 0 || cursor.Length > 64 || !long.TryParse(cursor.AsSpan(0, dot), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var start))
            throw new FormatException("the cursor is not one that this box gave out");
        return (start, cursor[(dot + 1)..]);
    }

    private Segment ToSegment(Row row)
    {
        var volume = Guid.ParseExact(row.Volume, "D");
        return new Segment(row.ToData(), volume, row.Path, volumes.Find(volume)?.Resolve(row.Path) ?? CopyOf(row.Path)) { Held = row.Held != 0 };
    }
}
