using System.Data;
using Dapper;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// Reads footage from its three places in one snapshot: landing rows, packed spans, and the open footage that boxes report. A fold moves rows from landing to
/// span in one transaction, so a snapshot sees each segment once. Not thread-safe; dispose it.
/// </summary>
internal sealed class FootageReader : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly RecordingQuery _query;
    private readonly CancellationToken _cancellation;

    private FootageReader(NpgsqlConnection connection, NpgsqlTransaction transaction, RecordingQuery query, CancellationToken cancellation) =>
        (_connection, _transaction, _query, _cancellation) = (connection, transaction, query, cancellation);

    /// <summary>The cameras that the query names and the tenant has.</summary>
    public IReadOnlyDictionary<Guid, CameraName> Cameras { get; private set; } = new Dictionary<Guid, CameraName>();

    /// <summary>Holds of those cameras, in the same snapshot.</summary>
    public HeldFootage Held { get; private set; } = null!;

    private Guid[] Ids => [.. Cameras.Keys];

    public static async Task<FootageReader> OpenAsync(NpgsqlDataSource database, RecordingQuery query, CancellationToken cancellation)
    {
        var connection = await database.OpenConnectionAsync(cancellation);
        var reader = new FootageReader(connection, await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation), query, cancellation);
        var cameras = await reader.QueryAsync<CameraName>(
            """
            select camera, site, name from camera
            where tenant = @Tenant and (cardinality(@cameras) = 0 or camera = any(@cameras)) and (cardinality(@sites) = 0 or site = any(@sites))
            """,
            new { query.Tenant, cameras = query.Cameras?.ToArray() ?? [], sites = query.Sites?.ToArray() ?? [] });
        reader.Cameras = cameras.ToDictionary(c => c.Camera);
        reader.Held = await HeldFootage.ReadAsync(reader, query.Tenant, reader.Ids, query.From - LandingRow.MaxDuration, query.To);
        return reader;
    }

    /// <summary>The first <paramref name="limit"/> landing rows behind the cursor, in order; highest revision of each segment.</summary>
    public async Task<List<FootagePiece>> LandingAsync(RecordingCursor? after, int limit)
    {
        var rows = await QueryAsync<Row>(
            $"""
            select l.camera, l.box, l.start_at as start, l.end_at as "end", l.bytes, l.segment, l.provenance from segment_landing l
            where l.tenant = @Tenant and l.camera = any(@Ids) and l.start_at > @Earliest and l.start_at < @To and l.end_at > @From
              and (@After::timestamptz is null or (l.start_at, l.camera, l.box) > (@After, @AfterCamera, @AfterBox))
              and not exists (select 1 from segment_landing n where n.tenant = l.tenant and n.camera = l.camera and n.segment = l.segment and n.revision > l.revision)
              and not {Tombstones.Hides("l")}
            order by l.start_at, l.camera, l.box limit @limit
            """,
            Values(after, limit));
        return [.. rows.Select(r => new FootagePiece(r.Camera, r.Box, r.Start, r.End, r.Bytes, Open: false, r.Segment, (FootageProvenance?)r.Provenance))];
    }

    /// <summary>
    /// Pieces from spans behind the cursor, hour by hour, until at least <paramref name="limit"/> were found at the end of an hour: all that start before the
    /// last hour read are complete. Read last: ending it early cancels the query, and with it the snapshot's transaction. With
    /// <paramref name="joined"/>, pieces of one camera-hour that follow each other are one: a month of a thousand cameras fits into memory.
    /// </summary>
    public async Task<List<FootagePiece>> SpansAsync(RecordingCursor? after, int limit, Duration? joined = null)
    {
        var hidden = await TombstonesAsync();
        await using var command = new NpgsqlCommand(
            """
            select s.camera, s.box, s.hour, p.packed, s.folded_at, p.from_camera from span s join span_list p on p.tenant = s.tenant and p.camera = s.camera and p.hour = s.hour and p.box = s.box
            where s.tenant = @Tenant and s.camera = any(@Ids) and s.hour >= @FirstHour and s.hour < @To and s.last_at > @From order by s.hour, s.camera
            """,
            _connection,
            _transaction);
        var from = after is { } c && c.Start > _query.From ? c.Start : _query.From;
        command.Parameters.AddWithValue("Tenant", _query.Tenant);
        command.Parameters.AddWithValue("Ids", Ids);
        command.Parameters.AddWithValue("FirstHour", PackedSpan.HourOf(from - LandingRow.MaxDuration).ToDateTimeUtc());
        command.Parameters.AddWithValue("To", _query.To.ToDateTimeUtc());
        command.Parameters.AddWithValue("From", _query.From.ToDateTimeUtc());
        await using var reader = await command.ExecuteReaderAsync(_cancellation);
        List<FootagePiece> found = [];
        Instant? last = null;
        while (await reader.ReadAsync(_cancellation))
        {
            var hour = Instant.FromDateTimeUtc(reader.GetDateTime(2));
            if (hour != last && found.Count >= limit)
            {
                await command.CancelQuietlyAsync(reader);
                break;
            }

            last = hour;
            var folded = Instant.FromDateTimeUtc(reader.GetDateTime(4));
            var refilled = await reader.IsDBNullAsync(5, _cancellation) ? [] : reader.GetFieldValue<int[]>(5);
            var pieces = Unpack(reader.GetGuid(0), reader.GetGuid(1), hour, reader.GetFieldValue<byte[]>(3), refilled).Where(p => Wanted(p, after) && !IsHidden(hidden[p.Camera], p, folded));
            found.AddRange(joined is { } tolerance ? Join(pieces, tolerance) : pieces);
        }

        return found;
    }

    /// <summary>Deletions that an hour's last fold did not know yet hide all that started in their range; the next fold looks at the ids.</summary>
    private bool IsHidden(IEnumerable<Deleted> hidden, FootagePiece piece, Instant folded) =>
        hidden.Any(t => piece.Start >= t.FromAt && piece.Start < t.ToAt && t.LandedAt >= folded && !Held.Keeps(piece, t.DeletedAt));

    private async Task<ILookup<Guid, Deleted>> TombstonesAsync()
    {
        var rows = await QueryAsync<Deleted>(
            "select camera, from_at, to_at, landed_at, deleted_at from tombstone where tenant = @Tenant and camera = any(@Ids) and from_at < @To and to_at > @From - interval '1 hour' and landed_at > now() - interval '7 days'",
            Values(null, 0));
        return rows.ToLookup(r => r.Camera);
    }

    /// <summary>Footage that is still open: from the running segment's start to recorded_through; none when the segment has landed already.</summary>
    public async Task<List<FootagePiece>> OpenAsync(RecordingCursor? after)
    {
        var rows = await QueryAsync<Row>(
            """
            select p.camera, p.box, p.open_start as start, p.recorded_through as "end", 0::bigint as bytes, p.open_segment as segment from camera_progress p
            where p.tenant = @Tenant and p.camera = any(@Ids) and p.open_start < @To and p.recorded_through > @From and p.recorded_through > p.open_start
              and not exists (select 1 from segment_landing l where l.tenant = p.tenant and l.camera = p.camera and l.segment = p.open_segment)
              and not exists (select 1 from span s where s.tenant = p.tenant and s.camera = p.camera and s.box = p.box and s.hour = date_trunc('hour', p.open_start) and s.last_at >= p.recorded_through)
            """,
            Values(after, 0));
        return [.. rows.Select(r => new FootagePiece(r.Camera, r.Box, r.Start, r.End, 0, Open: true, r.Segment)).Where(p => Wanted(p, after))];
    }

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    private static IEnumerable<FootagePiece> Unpack(Guid camera, Guid box, Instant hour, byte[] packed, int[] refilled) =>
        PackedSpan.Decode(packed).Select(s => new FootagePiece(
            camera, box, hour + Duration.FromMilliseconds(s.StartMs), hour + Duration.FromMilliseconds(s.StartMs + (long)s.DurationMs), s.SizeKiB * 1024L, Open: false, Segment: null,
            refilled.Contains(s.StartMs) ? FootageProvenance.Camera : null));

    /// <summary>Joins ascending pieces of one camera that lie at most <paramref name="tolerance"/> apart.</summary>
    private static IEnumerable<FootagePiece> Join(IEnumerable<FootagePiece> pieces, Duration tolerance)
    {
        FootagePiece? open = null;
        foreach (var piece in pieces)
        {
            if (open is { } last && piece.Start - last.End <= tolerance)
            {
                open = last with { End = Instant.Max(last.End, piece.End), Bytes = last.Bytes + piece.Bytes };
                continue;
            }

            if (open is { } done) yield return done;
            open = piece;
        }

        if (open is { } rest) yield return rest;
    }

    private bool Wanted(FootagePiece piece, RecordingCursor? after) =>
        piece.Start < _query.To && piece.End > _query.From && (after is not { } c || c.IsBefore(piece.Start, piece.Camera, piece.Box));

    private object Values(RecordingCursor? after, int limit) => new
    {
        _query.Tenant,
        Ids,
        _query.From,
        _query.To,
        Earliest = _query.From - LandingRow.MaxDuration,
        After = after?.Start.ToDateTimeUtc(),
        AfterCamera = after?.Camera ?? Guid.Empty,
        AfterBox = after?.Box ?? Guid.Empty,
        limit,
    };

    /// <summary>Asks this snapshot.</summary>
    internal Task<IEnumerable<T>> QueryAsync<T>(string sql, object values) =>
        _connection.QueryAsync<T>(new CommandDefinition(sql, values, _transaction, cancellationToken: _cancellation));

    private sealed record Deleted
    {
        public Guid Camera { get; init; }

        public Instant FromAt { get; init; }

        public Instant ToAt { get; init; }

        public Instant LandedAt { get; init; }

        public Instant DeletedAt { get; init; }
    }

    private sealed record Row
    {
        public Guid Camera { get; init; }

        public Guid Box { get; init; }

        public Instant Start { get; init; }

        public Instant End { get; init; }

        public long Bytes { get; init; }

        public Guid? Segment { get; init; }

        public short? Provenance { get; init; }
    }
}

/// <summary>Ends a query whose remaining rows nobody wants.</summary>
internal static class QuietCancel
{
    /// <summary>Cancels on the server and drains; a cancelled query's own error is expected and swallowed.</summary>
    public static async Task CancelQuietlyAsync(this NpgsqlCommand command, NpgsqlDataReader reader)
    {
        command.Cancel();
        try
        {
            await reader.CloseAsync();
        }
        catch (PostgresException cancelled) when (cancelled.SqlState == PostgresErrorCodes.QueryCanceled)
        {
        }
        catch (OperationCanceledException)
        {
        }
    }
}
