using System.Text.Json;
using Dapper;
using Heldar.Cloud.Events;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Coverage;

/// <summary>Reads the coverage ledger of one tenant. Thread-safe.</summary>
public sealed class CoverageSearch(NpgsqlDataSource database)
{
    private const string Wanted =
        """
        c.tenant = @Tenant and c.day >= (@From at time zone 'UTC')::date and c.day <= (@To at time zone 'UTC')::date and c.hour >= @From and c.hour < @To
        and (cardinality(@cameras) = 0 or c.camera = any(@cameras)) and (cardinality(@sites) = 0 or k.site = any(@sites))
        """;

    private const string Hours =
        $"""
        select k.site, c.camera, k.name, c.hour as at, c.wanted_ms as wanted, c.present_ms as present, c.missing_ms as missing, c.causes
        from coverage c join camera k on k.tenant = c.tenant and k.camera = c.camera
        where {Wanted} and (@After::timestamptz is null or (c.camera, c.hour) > (@AfterCamera, @After))
        order by c.camera, c.hour limit @limit
        """;

    // The causes of a day are added up for the days of the page alone.
    private const string Days =
        $"""
        select d.site, d.camera, d.name, d.day::timestamp at time zone 'UTC' as at, d.wanted, d.present, d.missing, x.causes
        from (
            select c.tenant, k.site, c.camera, k.name, c.day, sum(c.wanted_ms) as wanted, sum(c.present_ms) as present, sum(c.missing_ms) as missing
            from coverage c join camera k on k.tenant = c.tenant and k.camera = c.camera
            where {Wanted} and (@After::timestamptz is null or (c.camera, c.day::timestamp at time zone 'UTC') > (@AfterCamera, @After))
            group by c.tenant, k.site, c.camera, k.name, c.day order by c.camera, c.day limit @limit) d
        cross join lateral (
            select coalesce(jsonb_object_agg(s.cause, s.ms), jsonb_build_object()) as causes
            from (
                select e.key as cause, sum(e.value::bigint) as ms from coverage c, jsonb_each_text(c.causes) e
                where c.tenant = d.tenant and c.camera = d.camera and c.day = d.day and c.hour >= @From and c.hour < @To group by e.key) s) x
        order by d.camera, d.day
        """;

    /// <summary>One page by hours or, with <paramref name="byDay"/>, by days (UTC). Throws <see cref="ArgumentException"/> for a query or cursor that makes no sense.</summary>
    public async Task<CoveragePage> PageAsync(EventQuery query, bool byDay, string? cursor, int limit, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Mistake() is { } mistake) throw new ArgumentException(mistake, nameof(query));
        if (limit is < 1 or > EventQuery.MaxLimit) throw new ArgumentException($"limit is 1 to {EventQuery.MaxLimit}", nameof(limit));
        EventCursor? after = null;
        if (cursor is not null) after = EventCursor.TryParse(cursor, out var parsed) ? parsed : throw new ArgumentException("cursor is not one that a page gave", nameof(cursor));
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition(
            byDay ? Days : Hours,
            new
            {
                query.Tenant,
                query.From,
                query.To,
                cameras = query.Cameras?.ToArray() ?? [],
                sites = query.Sites?.ToArray() ?? [],
                After = after?.At.ToDateTimeUtc(),
                AfterCamera = after?.Camera ?? Guid.Empty,
                limit = limit + 1,
            },
            cancellationToken: cancellation))).AsList();
        var more = rows.Count > limit;
        if (more) rows.RemoveAt(limit);
        return new(
            [.. rows.Select(r => new CoverageItem(r.Site, r.Camera, r.Name, r.At, r.Wanted, r.Present, r.Missing, JsonSerializer.Deserialize<SortedDictionary<string, long>>(r.Causes, HeldarJson.Options)!))],
            more ? new EventCursor(rows[^1].At, rows[^1].Camera, byDay ? "day" : "hour").ToString() : null);
    }

    private sealed record Row
    {
        public string Site { get; init; } = "";

        public Guid Camera { get; init; }

        public string Name { get; init; } = "";

        public Instant At { get; init; }

        public long Wanted { get; init; }

        public long Present { get; init; }

        public long Missing { get; init; }

        public string Causes { get; init; } = "";
    }
}
