using System.Globalization;
using Dapper;
using Heldar.Fleet.Boxes;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Operation;

/// <summary>Pages of a tenant's boxes, those that are the furthest behind first. Thread-safe.</summary>
internal sealed class BoxLags(NpgsqlDataSource database, IClock clock)
{
    public const int MaxLimit = 200;
    public const int DefaultLimit = 50;

    /// <summary>SQL: whether box <c>b</c> is online; takes <c>@recent</c>.</summary>
    public const string Online = "(coalesce(b.last_seen_at > @recent, false) or exists (select 1 from box_tunnel o where o.tenant = b.tenant and o.box = b.box and o.seen_at > @recent))";

    // Boxes that are up to date sort behind all others, at a time that no box reaches. What was applied is looked up for the page alone.
    private const string Page =
        $"""
        with lag as (
            select b.tenant, b.box, b.name, b.site, b.shard, b.last_seen_at, b.outbox_backlog, b.outbox_oldest_at, {Online} as online,
                least(b.outbox_oldest_at, case when not {Online} then coalesce(b.last_seen_at, b.created_at) end) as behind_since
            from box b where b.tenant = @tenant and b.removed_at is null and (cardinality(@sites) = 0 or b.site = any(@sites))),
        page as (
            select * from lag l where (coalesce(l.behind_since, '9999-01-01 00:00Z'), l.box) > (@after, @last) order by coalesce(l.behind_since, '9999-01-01 00:00Z'), l.box limit @limit)
        select p.box, p.name, p.site, p.shard, p.online, p.outbox_backlog as backlog, p.last_seen_at, p.outbox_oldest_at as waiting_since, p.behind_since, a.applied_at, a.missing_batches
        from page p cross join lateral (
            select max(n.updated_at) as applied_at, coalesce(sum(n.missing), 0)::bigint as missing_batches
            from (
                select distinct on (x.class) x.updated_at, upper(x.received) - 1 - (select sum(upper(r) - lower(r)) from unnest(x.received) r) as missing
                from box_batch x where x.tenant = p.tenant and x.box = p.box order by x.class, x.updated_at desc) n) a
        order by coalesce(p.behind_since, '9999-01-01 00:00Z'), p.box
        """;

    private static readonly Instant UpToDate = Instant.FromUtc(9999, 1, 1, 0, 0);

    /// <summary>One page. Throws <see cref="ArgumentException"/> for a cursor that no page gave.</summary>
    public async Task<BoxLagsPage> PageAsync(string tenant, IReadOnlyList<string>? sites, string? cursor, int limit, CancellationToken cancellation)
    {
        var after = (At: Instant.FromUnixTimeTicks(0), Box: Guid.Empty);
        if (cursor is not null && !TryParse(cursor, out after)) throw new ArgumentException("cursor is not one that a page gave", nameof(cursor));
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = (await connection.QueryAsync<Row>(new CommandDefinition(
            Page,
            new { tenant, sites = sites?.ToArray() ?? [], recent = (clock.GetCurrentInstant() - BoxDirectory.Recent).ToDateTimeUtc(), after = after.At.ToDateTimeUtc(), last = after.Box, limit = limit + 1 },
            cancellationToken: cancellation))).AsList();
        var more = rows.Count > limit;
        if (more) rows.RemoveAt(limit);
        return new([.. rows.Select(r => r.Item())], more ? Cursor(rows[^1]) : null);
    }

    private static string Cursor(Row row) => string.Create(CultureInfo.InvariantCulture, $"{(row.BehindSince ?? UpToDate).ToUnixTimeTicks()}.{row.Box:N}");

    private static bool TryParse(string text, out (Instant At, Guid Box) cursor)
    {
        cursor = default;
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (dot < 0 || !long.TryParse(text.AsSpan(0, dot), NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) || ticks > UpToDate.ToUnixTimeTicks()) return false;
        if (!Guid.TryParseExact(text.AsSpan(dot + 1), "N", out var box)) return false;
        cursor = (Instant.FromUnixTimeTicks(ticks), box);
        return true;
    }

    private sealed record Row
    {
        public Guid Box { get; init; }

        public string Name { get; init; } = "";

        public string Site { get; init; } = "";

        public string Shard { get; init; } = "";

        public bool Online { get; init; }

        public long Backlog { get; init; }

        public long MissingBatches { get; init; }

        public Instant? LastSeenAt { get; init; }

        public Instant? WaitingSince { get; init; }

        public Instant? BehindSince { get; init; }

        public Instant? AppliedAt { get; init; }

        public BoxLag Item() => new(Box, Name, Site, Shard, Online, Backlog, MissingBatches) { LastSeenAt = LastSeenAt, WaitingSince = WaitingSince, BehindSince = BehindSince, AppliedAt = AppliedAt };
    }
}
