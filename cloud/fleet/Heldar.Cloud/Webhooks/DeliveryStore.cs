using Dapper;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;
using NpgsqlTypes;

namespace Heldar.Cloud.Webhooks;

/// <summary>A delivery to be made.</summary>
internal sealed record NewDelivery(string Delivery, Guid Endpoint, Guid Subscription, bool Ordered, byte[] Event);

/// <summary>A delivery that belongs into the queue.</summary>
internal sealed record OpenDelivery(string Tenant, string Delivery, Guid Endpoint, Instant DueAt);

/// <summary>The rows of deliveries: made, put into the queue when due, given up, forgotten. Thread-safe.</summary>
public sealed class DeliveryStore(NpgsqlDataSource database)
{
    /// <summary>Most rows of one endpoint that one run of the timer puts into the queue.</summary>
    private const int MostPerEndpoint = 200;

    private static readonly Duration Kept = Duration.FromDays(30);

    /// <summary>Keeps the bodies of events.</summary>
    internal async Task KeepAsync(string tenant, IReadOnlyList<CloudEvent> events, Instant now, CancellationToken cancellation)
    {
        var rows = events.Select(e => (Key: EventFacts.KeyOf(e), Event: e, Body: FanOutSender.TryWrite(e))).Where(r => r.Body is not null).OrderBy(r => Convert.ToHexStringLower(r.Key), StringComparer.Ordinal).ToList();
        await using var command = database.CreateCommand(
            """
            insert into webhook_event (tenant, event, type, at, body, created_at)
            select @tenant, r.event, r.type, r.at, r.body, @now from unnest(@keys, @types, @times, @bodies) as r (event, type, at, body) on conflict do nothing
            """);
        command.Parameters.AddWithValue("tenant", tenant);
        command.Parameters.AddWithValue("now", now.ToDateTimeUtc());
        command.Parameters.Add(new NpgsqlParameter("keys", NpgsqlDbType.Array | NpgsqlDbType.Bytea) { Value = rows.Select(r => r.Key).ToArray() });
        command.Parameters.AddWithValue("types", rows.Select(r => r.Event.Type).ToArray());
        command.Parameters.AddWithValue("times", rows.Select(r => r.Event.Time.ToDateTimeUtc()).ToArray());
        command.Parameters.Add(new NpgsqlParameter("bodies", NpgsqlDbType.Array | NpgsqlDbType.Bytea) { Value = rows.Select(r => r.Body!).ToArray() });
        await command.ExecuteNonQueryAsync(cancellation);
    }

    /// <summary>The body of an event that was kept, or null.</summary>
    internal async Task<byte[]?> FindEventAsync(string tenant, byte[] key, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteScalarAsync<byte[]?>(new CommandDefinition("select body from webhook_event where tenant = @tenant and event = @key", new { tenant, key }, cancellationToken: cancellation));
    }

    /// <summary>Adds deliveries, each once. Returns how many are new, and those of them that nobody has tried yet. An ordered endpoint's rows get their numbers one transaction after another.</summary>
    /// <param name="tenant">Whose.</param>
    /// <param name="rows">What to add.</param>
    /// <param name="now">When they are due.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <param name="queued">Whether the caller puts them into the queue at once; otherwise the timer does.</param>
    internal async Task<(int Added, IReadOnlyList<OpenDelivery> Open)> AddAsync(string tenant, IReadOnlyList<NewDelivery> rows, Instant now, CancellationToken cancellation, bool queued = true)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var at = now.ToDateTimeUtc();
        foreach (var endpoint in rows.Where(r => r.Ordered).Select(r => r.Endpoint).Distinct().Order())
            await connection.ExecuteAsync(new CommandDefinition("select pg_advisory_xact_lock(hashtextextended(@key, 7))", new { key = endpoint.ToString("D") }, transaction, cancellationToken: cancellation));
        var values = new
        {
            tenant,
            at,
            ids = rows.Select(r => r.Delivery).ToArray(),
            endpoints = rows.Select(r => r.Endpoint).ToArray(),
            subscriptions = rows.Select(r => r.Subscription).ToArray(),
            events = rows.Select(r => r.Event).ToArray(),
            expires = (now + WebhookRetry.Lifetime).ToDateTimeUtc(),
            until = queued ? (now + WebhookRetry.Horizon).ToDateTimeUtc() : (DateTime?)null,
        };
        // An endpoint that was deleted a moment ago gets nothing. The order of events within a message is the order of their numbers.
        var added = await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into webhook_delivery (tenant, delivery, endpoint, subscription, event, due_at, expires_at, queued_until, created_at)
            select @tenant, r.delivery, r.endpoint, r.subscription, r.event, @at, @expires, @until, @at
            from unnest(@ids, @endpoints, @subscriptions, @events) with ordinality as r (delivery, endpoint, subscription, event, n)
            join webhook_endpoint e on e.tenant = @tenant and e.endpoint = r.endpoint
            order by r.n on conflict do nothing
            """,
            values, transaction, cancellationToken: cancellation));
        var open = await connection.QueryAsync<(string Delivery, Guid Endpoint)>(new CommandDefinition(
            "select delivery, endpoint from webhook_delivery where tenant = @tenant and delivery = any(@ids) and state = 'pending' and tries = 0 and claimed_until is null order by seq",
            values, transaction, cancellationToken: cancellation));
        await transaction.CommitAsync(cancellation);
        return (added, [.. open.Select(o => new OpenDelivery(tenant, o.Delivery, o.Endpoint, now))]);
    }

    /// <summary>
    /// Marks what is due within the queue's horizon and stands in no queue, and returns it: the caller puts it there. Of an endpoint whose circuit is open only a
    /// probe, of an ordered one only its first.
    /// </summary>
    internal async Task<IReadOnlyList<OpenDelivery>> TakeDueAsync(Instant now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<(string Tenant, string Delivery, Guid Endpoint, DateTime DueAt)>(new CommandDefinition(
            """
            with due as (
                select d.tenant, d.delivery, d.due_at, e.failures, row_number() over (partition by d.tenant, d.endpoint order by d.due_at, d.seq) as n
                from webhook_delivery d join webhook_endpoint e on e.tenant = d.tenant and e.endpoint = d.endpoint
                where d.state = 'pending' and d.due_at <= @horizon and (d.queued_until is null or d.queued_until < @at) and (d.claimed_until is null or d.claimed_until < @at)
                    and e.status = 'enabled' and (e.open_until is null or e.open_until <= @at)
                    and (not e.ordered or not exists (select from webhook_delivery p where p.tenant = d.tenant and p.endpoint = d.endpoint and p.state = 'pending' and p.seq < d.seq))
            ), picked as (
                select tenant, delivery from due where n <= case when failures >= @threshold then 1 else @most end order by due_at limit 5000
            )
            update webhook_delivery d set queued_until = greatest(d.due_at, @at) + @wait
            from picked p where d.tenant = p.tenant and d.delivery = p.delivery and d.state = 'pending' and (d.queued_until is null or d.queued_until < @at)
            returning d.tenant, d.delivery, d.endpoint, d.due_at
            """,
            new
            {
                at = now.ToDateTimeUtc(),
                horizon = (now + WebhookRetry.Horizon).ToDateTimeUtc(),
                wait = WebhookRetry.Horizon.ToTimeSpan(),
                threshold = WebhookRetry.CircuitThreshold,
                most = MostPerEndpoint,
            },
            cancellationToken: cancellation));
        return [.. rows.Select(r => new OpenDelivery(r.Tenant, r.Delivery, r.Endpoint, Instant.FromDateTimeUtc(r.DueAt)))];
    }

    /// <summary>Gives up what was tried for its lifetime, and forgets what was finished long ago.</summary>
    internal async Task TidyAsync(Instant now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            update webhook_delivery set state = 'failed', finished_at = @at, queued_until = null where (tenant, delivery) in (
                select tenant, delivery from webhook_delivery where state = 'pending' and expires_at < @at and (claimed_until is null or claimed_until < @at) limit 5000)
            """,
            new { at = now.ToDateTimeUtc() }, cancellationToken: cancellation));
        await connection.ExecuteAsync(new CommandDefinition(
            """
            delete from webhook_delivery where (tenant, delivery) in (select tenant, delivery from webhook_delivery where state <> 'pending' and finished_at < @old limit 5000);
            delete from webhook_event where (tenant, event) in (
                select tenant, event from webhook_event v where created_at < @old and not exists (select from webhook_delivery d where d.tenant = v.tenant and d.event = v.event) limit 5000)
            """,
            new { old = (now - Kept).ToDateTimeUtc() }, cancellationToken: cancellation));
    }
}
