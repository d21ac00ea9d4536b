using Dapper;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Events;

/// <summary>What every row of an event's table says of itself.</summary>
internal interface IEventRow
{
    public Instant At { get; }

    public Guid Camera { get; }

    /// <summary>The event's id, as text.</summary>
    public string Id { get; }

    /// <summary>The camera's site.</summary>
    public string Site { get; }

    /// <summary>The camera's name.</summary>
    public string CameraName { get; }
}

/// <summary>One page of events.</summary>
internal sealed record EventPage<T>(IReadOnlyList<T> Rows, string? Cursor);

/// <summary>How an event's table is read: its name and columns.</summary>
/// <param name="Name">Table.</param>
/// <param name="Columns">What the row type needs beside what every row says; the table is <c>e</c>.</param>
/// <param name="At">Column of the time.</param>
/// <param name="Id">Column of the id.</param>
/// <param name="IdType">Its type.</param>
/// <param name="Day">Whether it is partitioned by the column <c>day</c>.</param>
internal sealed record EventTable(string Name, string Columns, string At, string Id, string IdType, bool Day = true);

/// <summary>A condition of one search: SQL over the table <c>e</c> and its one parameter, if it has one.</summary>
internal sealed record EventFilter(string Sql, string? Parameter = null, object? Value = null);

/// <summary>
/// Reads pages of events, the newest first. The statement holds the conditions that were asked for and no others, so that the planner sees what a person would have
/// written. Stateless.
/// </summary>
internal static class EventPages
{
    /// <summary>One page. Throws <see cref="ArgumentException"/> for a query or cursor that makes no sense.</summary>
    public static async Task<EventPage<T>> ReadAsync<T>(NpgsqlDataSource database, EventTable table, EventQuery query, IEnumerable<EventFilter> filters, string? cursor, int limit, CancellationToken cancellation)
        where T : IEventRow
    {
        ArgumentNullException.ThrowIfNull(query);
        if (query.Mistake() is { } mistake) throw new ArgumentException(mistake, nameof(query));
        if (limit is < 1 or > EventQuery.MaxLimit) throw new ArgumentException($"limit is 1 to {EventQuery.MaxLimit}", nameof(limit));
        EventCursor? after = null;
        if (cursor is not null) after = EventCursor.TryParse(cursor, out var parsed) && (table.IdType != "uuid" || Guid.TryParseExact(parsed.Id, "D", out _)) ? parsed : throw new ArgumentException("cursor is not one that a page gave", nameof(cursor));

        await using var connection = await database.OpenConnectionAsync(cancellation);
        var values = new DynamicParameters(new { query.Tenant, query.From, query.To, limit = limit + 1 });
        Guid[]? named = null;
        if (query.Sites is { Count: > 0 })
        {
            named = [.. await connection.QueryAsync<Guid>(new CommandDefinition(
                "select camera from camera where tenant = @Tenant and site = any(@sites) and (cardinality(@cameras) = 0 or camera = any(@cameras))",
                new { query.Tenant, sites = query.Sites.ToArray(), cameras = query.Cameras?.ToArray() ?? [] },
                cancellationToken: cancellation))];
        }
        else if (query.Cameras is { Count: > 0 })
        {
            named = [.. query.Cameras.Distinct()];
        }

        if (named is []) return new([], null);
        var sql = Sql(table, named, filters, after, values);
        // A plan for any words would be wrong for most: a rare one is found through its index, a common one by reading what is newest. Planned for these, in one round trip.
        if (table.Day) sql = $"select set_config('plan_cache_mode', 'force_custom_plan', true); {sql}";
        await using var answers = await connection.QueryMultipleAsync(new CommandDefinition(sql, values, cancellationToken: cancellation));
        if (table.Day) await answers.ReadAsync<string>();
        var rows = (await answers.ReadAsync<T>()).AsList();
        var more = rows.Count > limit;
        if (more) rows.RemoveAt(limit);
        return new(rows, more ? new EventCursor(rows[^1].At, rows[^1].Camera, rows[^1].Id).ToString() : null);
    }

    /// <summary>The statement of one page; adds what it names to <paramref name="values"/>, beside Tenant, From, To and limit.</summary>
    internal static string Sql(EventTable table, Guid[]? cameras, IEnumerable<EventFilter> filters, EventCursor? after, DynamicParameters values)
    {
        List<string> where = ["e.tenant = @Tenant", $"e.{table.At} >= @From", $"e.{table.At} < @To"];
        if (table.Day)
        {
            // Says which partitions are asked for.
            where.Add("e.day >= (@From at time zone 'UTC')::date and e.day <= (@To at time zone 'UTC')::date");
        }

        if (cameras is [var one])
        {
            where.Add("e.camera = @camera");
            values.Add("camera", one);
        }
        else if (cameras is not null)
        {
            where.Add("e.camera = any(@cameras)");
            values.Add("cameras", cameras);
        }

        foreach (var filter in filters)
        {
            where.Add(filter.Sql);
            if (filter.Parameter is not null) values.Add(filter.Parameter, filter.Value);
        }

        if (after is { } cursor)
        {
            where.Add($"(e.{table.At}, e.camera, e.{table.Id}) < (@After, @AfterCamera, @AfterId::{table.IdType})");
            values.Add("After", cursor.At);
            values.Add("AfterCamera", cursor.Camera);
            values.Add("AfterId", cursor.Id);
        }

        return $"""
            select page.*, c.site, c.name as camera_name from (
                select e.{table.At} as at, e.camera, e.{table.Id}::text as id, {table.Columns} from {table.Name} e where {string.Join(" and ", where)}
                order by e.{table.At} desc, e.camera desc, e.{table.Id} desc limit @limit) page
            left join camera c on c.tenant = @Tenant and c.camera = page.camera order by page.at desc, page.camera desc, page.id{(table.IdType == "text" ? "" : $"::{table.IdType}")} desc
            """;
    }
}
