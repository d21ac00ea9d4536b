using System.Data;
using Dapper;
using Heldar.Cloud.Holds;
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
    private ILookup<Guid, DeletedRange> _deleted = Array.Empty<DeletedRange>().ToLookup(d => d.Camera);

    private FootageReader(NpgsqlConnection connection, NpgsqlTransaction transaction, RecordingQuery query, CancellationToken cancellation) =>
        (_connection, _transaction, _query, _cancellation) = (connection, transaction, query, cancellation);

    /// <summary>The cameras that the query names and the tenant has.</summary>
    public IReadOnlyDictionary<Guid, CameraName> Cameras { get; private set; } = new Dictionary<Guid, CameraName>();

    /// <summary>Holds of those cameras, in the same snapshot.</summary>
    public HeldFootage Held { get; private set; } = HeldFootage.None;

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
        if (reader.Cameras.Count > 0) await reader.ReadRulesAsync();
        return reader;
    }

    /// <summary>Holds, and deletions that the fold may not have seen: one round trip.</summary>
    private async Task ReadRulesAsync()
    {
        var values = new { _query.Tenant, Ids, _query.From, _query.To, HeldFrom = _query.From - LandingRow.MaxDuration };
        List<HeldRange> holds;
        await using (var both = await MultipleAsync(
            """
            select camera, hold, from_at, to_at, placed_at, released_at from hold where tenant = @Tenant and camera = any(@Ids) and placed_at is not null and from_at < @To and to_at > @HeldFrom order by hold;
            select camera, from_at, to_at, landed_at, deleted_at from tombstone where tenant = @Tenant and camera = any(@Ids) and from_at < @To and to_at > @From - interval '1 hour' and landed_at > now() - interval '7 days'
            """,
            values))
        {
            holds = (await both.ReadAsync<HeldRange>()).AsList();
            _deleted = (await both.ReadAsync<DeletedRange>()).ToLookup(r => r.Camera);
        }

        Held = await HeldFootage.ReadAsync(this, holds, _query.Tenant, values.HeldFrom, _query.To);
    }

    /// <summary>
    /// The first <paramref name="limit"/> landing rows behind the cursor, in order, highest revision of each segment; and the footage that is still open: from the running
    /// segment's start to recorded_through, none when the segment has landed already. One round trip.
    /// </summary>
    public async Task<List<FootagePiece>> RecentAsync(RecordingCursor? after, int limit)
    {
        await using var both = await MultipleAsync(
            $"""
            select l.camera, l.box, l.start_at as start, l.end_at as "end", l.bytes, l.segment, l.provenance from segment_landing l
            where l.tenant = @Tenant and l.camera = any(@Ids) and l.start_at > @Earliest and l.start_at < @To and l.end_at > @From
              and (@After::timestamptz is null or (l.start_at, l.camera, l.box) > (@After, @AfterCamera, @AfterBox))
              and not exists (select 1 from segment_landing n where n.tenant = l.tenant and n.camera = l.camera and n.segment = l.segment and n.revision > l.revision)
              and not {Tombstones.Hides("l")}
            order by l.start_at, l.camera, l.box limit @limit;
            select p.camera, p.box, p.open_start as start, p.recorded_through as "end", 0::bigint as bytes, p.open_segment as segment from camera_progress p
            where p.tenant = @Tenant and p.camera = any(@Ids) and p.open_start < @To and p.recorded_through > @From and p.recorded_through > p.open_start
              and not exists (select 1 from segment_landing l where l.tenant = p.tenant and l.camera = p.camera and l.segment = p.open_segment)
              and not exists (select 1 from span s where s.tenant = p.tenant and s.camera = p.camera and s.box = p.box and s.hour = date_trunc('hour', p.open_start) and s.last_at >= p.recorded_through)
            """,
            new
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
            });
        var landing = (await both.ReadAsync<Row>()).AsList();
        var open = await both.ReadAsync<Row>();
        return
        [
            .. landing.Select(r => new FootagePiece(r.Camera, r.Box, r.Start, r.End, r.Bytes, Open: false, r.Segment, (FootageProvenance?)r.Provenance)),
            .. open.Select(r => new FootagePiece(r.Camera, r.Box, r.Start, r.End, 0, Open: true, r.Segment)).Where(p => _query.Wants(p, after)),
        ];
    }

    /// <summary>
    /// Pieces from spans behind the cursor, hour by hour, until at least <paramref name="limit"/> were found at the end of an hour: all that start before the
    /// last hour read are complete. With <paramref name="joined"/>, pieces of one camera-hour that follow each other are one: a month of a thousand cameras fits into memory.
    /// </summary>
    public Task<List<FootagePiece>> SpansAsync(RecordingCursor? after, int limit, Duration? joined = null) =>
        new SpanReader(_connection, _transaction, _query, Ids, _deleted, Held).ReadAsync(after, limit, joined, _cancellation);

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    /// <summary>Asks this snapshot.</summary>
    internal Task<IEnumerable<T>> QueryAsync<T>(string sql, object values) =>
        _connection.QueryAsync<T>(new CommandDefinition(sql, values, _transaction, cancellationToken: _cancellation));

    private Task<SqlMapper.GridReader> MultipleAsync(string sql, object values) => _connection.QueryMultipleAsync(new CommandDefinition(sql, values, _transaction, cancellationToken: _cancellation));

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
