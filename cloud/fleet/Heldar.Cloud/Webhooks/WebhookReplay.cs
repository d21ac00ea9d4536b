using System.Text.Json;
using Dapper;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Webhooks;

/// <summary>
/// Deliveries that a person asks for: a test, and a range of time once more. They are rows that are due now; the timer puts them into the queue. Thread-safe.
/// </summary>
public sealed class WebhookReplay(NpgsqlDataSource database, DeliveryStore store, Subscriptions subscriptions, IClock clock)
{
    /// <summary>Most events that one replay looks at; a longer range is replayed in parts.</summary>
    public const int MaxEvents = 5000;

    /// <summary>Sends a test event and returns its delivery's id.</summary>
    public async Task<string> TestAsync(string tenant, Guid endpoint, string name, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        var test = WebhookNotices.OfTest(tenant, endpoint, name, now);
        await store.KeepAsync(tenant, [test], now, cancellation);
        var delivery = FanOuter.IdOf(test, endpoint);
        await store.AddAsync(tenant, [new(delivery, endpoint, endpoint, false, EventFacts.KeyOf(test))], now, cancellation, queued: false);
        return delivery;
    }

    /// <summary>
    /// Delivers again what happened in a range: what was given up, with <paramref name="all"/> also what was delivered, under the webhook-id that it had; and what the
    /// endpoint wants today and never got, as far as the event is kept. Returns how many, and where to go on when there is more.
    /// </summary>
    public async Task<(int Deliveries, Instant? Next)> ReplayAsync(string tenant, Guid endpoint, Instant from, Instant to, bool all, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var events = (await connection.QueryAsync<(byte[] Body, DateTime At)>(new CommandDefinition(
            "select body, at from webhook_event where tenant = @tenant and at >= @from and at < @to and type <> @test order by at limit @most",
            new { tenant, from = from.ToDateTimeUtc(), to = to.ToDateTimeUtc(), most = MaxEvents + 1, test = WebhookNotices.Test }, cancellationToken: cancellation))).ToList();
        var end = events.Count > MaxEvents ? Instant.FromDateTimeUtc(events[^1].At) : to;
        if (end == from && events.Count > MaxEvents) end = from + Duration.FromTicks(10);
        var again = await connection.ExecuteAsync(new CommandDefinition(
            """
            update webhook_delivery d set state = 'pending', tries = 0, due_at = @now, expires_at = @expires, queued_until = null, finished_at = null
            from webhook_event v
            where d.tenant = @tenant and d.endpoint = @endpoint and v.tenant = d.tenant and v.event = d.event and v.at >= @from and v.at < @end and (d.state = 'failed' or (@all and d.state = 'delivered'))
            """,
            new { tenant, endpoint, from = from.ToDateTimeUtc(), end = end.ToDateTimeUtc(), all, now = now.ToDateTimeUtc(), expires = (now + WebhookRetry.Lifetime).ToDateTimeUtc() }, cancellationToken: cancellation));
        var wanted = await subscriptions.OfAsync(tenant, cancellation);
        var rows = events.Where(e => Instant.FromDateTimeUtc(e.At) < end).Select(e => JsonSerializer.Deserialize<CloudEvent>(e.Body, HeldarJson.Options)!)
            .SelectMany(e => wanted.Matching(e).Where(s => s.Endpoint == endpoint).Select(s => new NewDelivery(FanOuter.IdOf(e, s.Id), endpoint, s.Id, s.Ordered, EventFacts.KeyOf(e)))).ToList();
        var added = rows.Count == 0 ? 0 : (await store.AddAsync(tenant, rows, now, cancellation, queued: false)).Added;
        return (again + added, events.Count > MaxEvents ? end : null);
    }
}
