using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Index;

/// <summary>What a search found, and what it needs to know of it.</summary>
/// <param name="Pieces">A page's in order, each place once; a timeline's in none.</param>
/// <param name="Cameras">The cameras of the pieces; for a timeline, all that the query names and the tenant has.</param>
/// <param name="Held">The holds of the query's cameras.</param>
internal sealed record Footage(IReadOnlyList<FootagePiece> Pieces, IReadOnlyDictionary<Guid, CameraName> Cameras, HeldFootage Held);

/// <summary>
/// Reads footage from its three places, in one round trip, and others only where a page's spans lie far apart. There is no transaction: a segment goes from open to
/// landing to span and never back, each step in one commit, and they are read in that order, so that whatever happens meanwhile none is missed; one that is
/// seen twice is at the same place twice, and counts once. Thread-safe.
/// </summary>
internal sealed class FootageReader(NpgsqlDataSource database, RecordingQuery query)
{
    /// <summary>The first <paramref name="limit"/> pieces behind the cursor.</summary>
    public Task<Footage> PageAsync(RecordingCursor? after, int limit, CancellationToken cancellation)
    {
        var scope = new CameraScope(query);
        return ReadAsync(scope, new(query, scope, scope.IsNamed), new RecentFootage(query, scope, after, limit), rules => new SpanReader(query, scope, rules, after, limit), limit, cancellation);
    }

    /// <summary>All footage; pieces of one camera-hour that follow each other within the tolerance are one, so that a month of a thousand cameras fits into memory.</summary>
    public Task<Footage> TimelineAsync(Duration tolerance, CancellationToken cancellation)
    {
        var scope = new CameraScope(query);
        return ReadAsync(scope, new(query, scope, named: true), new RecentFootage(query, scope, null, null), rules => new SpanReader(query, scope, rules, tolerance), null, cancellation);
    }

    private async Task<Footage> ReadAsync(CameraScope scope, FootageRules rules, RecentFootage recent, Func<FootageRules, SpanReader> make, int? limit, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        List<FootagePiece> found = [];
        var spans = make(rules);
        var more = true;
        for (var first = true; more; first = false)
        {
            await using var command = new NpgsqlCommand(first ? $"{rules.Sql}; {recent.Sql}; {spans.Sql}" : spans.Sql, connection);
            scope.AddTo(command.Parameters);
            rules.AddTo(command.Parameters);
            recent.AddTo(command.Parameters);
            spans.AddTo(command.Parameters);
            await using var reader = await command.ExecuteReaderAsync(cancellation);
            if (first)
            {
                await rules.ReadAsync(reader, cancellation);
                await recent.ReadAsync(reader, found, cancellation);
            }

            more = await spans.ReadAsync(reader, cancellation);
        }

        found.AddRange(spans.Found);
        if (limit is { } most) found = FirstOf(found, most);
        await NameAsync(connection, rules, found, cancellation);
        return new(found, rules.Cameras, await HeldFootage.ReadAsync(connection, rules.Holds, query.Tenant, rules.HeldFrom, query.To, cancellation));
    }

    /// <summary>Names the cameras that the query did not, and those that came to its sites just now.</summary>
    private async Task NameAsync(NpgsqlConnection connection, FootageRules rules, List<FootagePiece> found, CancellationToken cancellation)
    {
        var cameras = found.Select(p => p.Camera).Where(c => !rules.Cameras.ContainsKey(c)).Distinct().ToArray();
        if (cameras.Length == 0) return;
        const string Sql = "select camera, site, name from camera where tenant = @Tenant and camera = any(@cameras)";
        foreach (var camera in await connection.QueryAsync<CameraName>(new CommandDefinition(Sql, new { query.Tenant, cameras }, cancellationToken: cancellation))) rules.Cameras[camera.Camera] = camera;
    }

    private static List<FootagePiece> FirstOf(List<FootagePiece> all, int limit)
    {
        all.Sort(FootagePiece.Compare);
        List<FootagePiece> page = [];
        foreach (var piece in all)
        {
            if (page.Count > 0 && page[^1].SamePlace(piece)) continue;
            if (page.Count == limit) break;
            page.Add(piece);
        }

        return page;
    }
}
