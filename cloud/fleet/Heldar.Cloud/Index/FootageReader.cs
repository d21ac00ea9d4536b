using System.Data;
using Dapper;
using Heldar.Cloud.Holds;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>
/// Reads footage from its three places in one snapshot: landing rows, packed spans, and the open footage that boxes report. A fold moves rows from landing to
/// span in one transaction, so a snapshot sees each segment once. Two round trips: cameras, holds and deletions; then the footage. Not thread-safe; dispose it.
/// </summary>
internal sealed class FootageReader : IAsyncDisposable
{
    private readonly NpgsqlConnection _connection;
    private readonly NpgsqlTransaction _transaction;
    private readonly RecordingQuery _query;
    private readonly CancellationToken _cancellation;
    private CameraScope _scope;
    private ILookup<Guid, DeletedRange> _deleted = Array.Empty<DeletedRange>().ToLookup(d => d.Camera);

    private FootageReader(NpgsqlConnection connection, NpgsqlTransaction transaction, RecordingQuery query, CancellationToken cancellation) =>
        (_connection, _transaction, _query, _cancellation, _scope) = (connection, transaction, query, cancellation, new(query.Tenant, null));

    /// <summary>The cameras that the query names and the tenant has; of a query that names none, those that were asked for.</summary>
    public IReadOnlyDictionary<Guid, CameraName> Cameras { get; private set; } = new Dictionary<Guid, CameraName>();

    /// <summary>Holds of those cameras, in the same snapshot.</summary>
    public HeldFootage Held { get; private set; } = HeldFootage.None;

    /// <summary>Whether there is no camera to read of.</summary>
    public bool IsEmpty => _scope.Count == 0;

    /// <summary>Opens a snapshot and reads cameras, holds and deletions.</summary>
    /// <param name="database">Where.</param>
    /// <param name="query">What is asked for; makes sense.</param>
    /// <param name="everyName">Whether a query that names no camera needs the names of all; a page asks for those it shows (<see cref="NameAsync"/>).</param>
    /// <param name="cancellation">Gives up.</param>
    public static async Task<FootageReader> OpenAsync(NpgsqlDataSource database, RecordingQuery query, bool everyName, CancellationToken cancellation)
    {
        var connection = await database.OpenConnectionAsync(cancellation);
        var reader = new FootageReader(connection, await connection.BeginTransactionAsync(IsolationLevel.RepeatableRead, cancellation), query, cancellation);
        try
        {
            await reader.ReadRulesAsync(everyName);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>Reads the names of some cameras, if the query named none.</summary>
    public async Task NameAsync(IEnumerable<Guid> cameras)
    {
        if (_scope.Count is not null) return;
        var ids = cameras.Distinct().ToArray();
        if (ids.Length == 0) return;
        var names = await QueryAsync<CameraName>("select camera, site, name from camera where tenant = @Tenant and camera = any(@ids)", new { _query.Tenant, ids });
        Cameras = names.ToDictionary(c => c.Camera);
    }

    /// <summary>The first <paramref name="limit"/> pieces behind the cursor and of what is landing or open, and as many from spans: what comes first of all is among them.</summary>
    public Task<List<FootagePiece>> PageAsync(RecordingCursor? after, int limit) => ReadAsync(new SpanReader(_query, _scope, _deleted, Held, after, limit), after, limit);

    /// <summary>All footage; pieces of one camera-hour that follow each other within the tolerance are one, so that a month of a thousand cameras fits into memory.</summary>
    public Task<List<FootagePiece>> TimelineAsync(Duration tolerance) => ReadAsync(new SpanReader(_query, _scope, _deleted, Held, tolerance), null, null);

    public async ValueTask DisposeAsync()
    {
        await _transaction.DisposeAsync();
        await _connection.DisposeAsync();
    }

    /// <summary>Asks this snapshot.</summary>
    internal Task<IEnumerable<T>> QueryAsync<T>(string sql, object values) =>
        _connection.QueryAsync<T>(new CommandDefinition(sql, values, _transaction, cancellationToken: _cancellation));

    /// <summary>Cameras, holds, and deletions that the fold may not have seen: one round trip.</summary>
    private async Task ReadRulesAsync(bool everyName)
    {
        bool sites = _query.Sites is { Count: > 0 }, cameras = _query.Cameras is { Count: > 0 };
        var chosen = "tenant = @Tenant" + (sites ? " and site = any(@sites)" : "") + (cameras ? " and camera = any(@cameras)" : "");
        var theirs = "tenant = @Tenant" + (sites ? $" and camera in (select camera from camera where {chosen})" : cameras ? " and camera = any(@cameras)" : "");
        var named = sites || cameras || everyName;
        var heldFrom = _query.From - LandingRow.MaxDuration;
        List<HeldRange> holds;
        await using (var all = await _connection.QueryMultipleAsync(new CommandDefinition(
            $"""
            {(named ? $"select camera, site, name from camera where {chosen};" : "")}
            select camera, hold, from_at, to_at, placed_at, released_at from hold where {theirs} and placed_at is not null and from_at < @To and to_at > @heldFrom order by hold;
            select camera, from_at, to_at, landed_at, deleted_at from tombstone where {theirs} and from_at < @To and to_at > @From - interval '1 hour' and landed_at > now() - interval '7 days'
            """,
            new { _query.Tenant, sites = _query.Sites?.ToArray(), cameras = _query.Cameras?.ToArray(), _query.From, _query.To, heldFrom },
            _transaction,
            cancellationToken: _cancellation)))
        {
            if (named) Cameras = (await all.ReadAsync<CameraName>()).ToDictionary(c => c.Camera);
            holds = (await all.ReadAsync<HeldRange>()).AsList();
            _deleted = (await all.ReadAsync<DeletedRange>()).ToLookup(r => r.Camera);
        }

        if (sites || cameras) _scope = new(_query.Tenant, [.. Cameras.Keys]);
        Held = await HeldFootage.ReadAsync(this, holds, _query.Tenant, heldFrom, _query.To);
    }

    /// <summary>The footage: one round trip, and others only where a page's spans lie far apart.</summary>
    private async Task<List<FootagePiece>> ReadAsync(SpanReader spans, RecordingCursor? after, int? limit)
    {
        List<FootagePiece> found = [];
        var recent = new RecentFootage(_query, _scope, after, limit);
        var more = true;
        for (var first = true; more; first = false)
        {
            await using var command = new NpgsqlCommand(first ? $"{recent.Sql}; {spans.Sql}" : spans.Sql, _connection, _transaction);
            _scope.AddTo(command.Parameters);
            if (first) recent.AddTo(command.Parameters);
            spans.AddTo(command.Parameters);
            await using var reader = await command.ExecuteReaderAsync(_cancellation);
            if (first) await recent.ReadAsync(reader, found, _cancellation);
            more = await spans.ReadAsync(reader, _cancellation);
        }

        found.AddRange(spans.Found);
        return found;
    }
}
