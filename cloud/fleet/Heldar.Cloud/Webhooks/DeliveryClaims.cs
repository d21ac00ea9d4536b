using System.Text.Json;
using Dapper;
using Heldar.Contracts;
using NodaTime;
using Npgsql;

namespace Heldar.Cloud.Webhooks;

/// <summary>A delivery that this caller alone sends now.</summary>
internal sealed record DeliveryClaim(string Tenant, string Delivery, Guid Endpoint, string Name, string Url, IReadOnlyList<WebhookSecret> Secrets, bool Ordered, int Failures, Instant? FailingSince, int Tries, Instant ExpiresAt, byte[] Body);

/// <summary>What one attempt came to.</summary>
/// <param name="Delivered">Whether the receiver took it.</param>
/// <param name="Next">When to try again; null when delivered or given up.</param>
internal sealed record AttemptResult(bool Delivered, Instant At, Duration Took, int? Status, string? Failure, string? Detail, Instant? Next);

/// <summary>Claims deliveries and writes what came of them. Every statement carries its condition, so that two callers never send one delivery at once. Thread-safe.</summary>
public sealed class DeliveryClaims(NpgsqlDataSource database)
{
    /// <summary>Claims a delivery that is due, whose endpoint may be called, and which is the first of an ordered endpoint; null otherwise.</summary>
    internal async Task<DeliveryClaim?> TakeAsync(string tenant, string delivery, Instant now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var row = await connection.QuerySingleOrDefaultAsync<Row>(new CommandDefinition(
            """
            update webhook_delivery d set claimed_until = @until
            from webhook_endpoint e, webhook_event v
            where d.tenant = @tenant and d.delivery = @delivery and d.state = 'pending' and d.due_at <= @slack and d.expires_at > @at and (d.claimed_until is null or d.claimed_until < @at)
                and e.tenant = d.tenant and e.endpoint = d.endpoint and e.status = 'enabled' and (e.open_until is null or e.open_until <= @at)
                and v.tenant = d.tenant and v.event = d.event
                and (not e.ordered or not exists (select from webhook_delivery p where p.tenant = d.tenant and p.endpoint = d.endpoint and p.state = 'pending' and p.seq < d.seq))
            returning d.endpoint, e.name, e.url, e.secrets::text as secrets, e.ordered, e.failures, e.failing_since, d.tries, d.expires_at, v.body
            """,
            // A second of slack: the queue's clock and this one's differ.
            new { tenant, delivery, at = now.ToDateTimeUtc(), slack = (now + Duration.FromSeconds(1)).ToDateTimeUtc(), until = (now + WebhookRetry.Claim).ToDateTimeUtc() },
            cancellationToken: cancellation));
        return row?.ToClaim(tenant, delivery);
    }

    /// <summary>For one that could not be claimed: it stands in no queue any more, and waits at least as long as its endpoint's circuit is open.</summary>
    internal async Task PostponeAsync(string tenant, string delivery, Duration jitter, Instant now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            """
            update webhook_delivery d set queued_until = null, due_at = greatest(d.due_at, e.open_until + @jitter)
            from webhook_endpoint e
            where d.tenant = @tenant and d.delivery = @delivery and d.state = 'pending' and (d.claimed_until is null or d.claimed_until < @at) and e.tenant = d.tenant and e.endpoint = d.endpoint
            """,
            new { tenant, delivery, jitter = jitter.ToTimeSpan(), at = now.ToDateTimeUtc() }, cancellationToken: cancellation));
    }

    /// <summary>Whether the caller's delivery is the one probe of an endpoint whose circuit was open. Nobody else tries until it must have ended.</summary>
    internal async Task<bool> ProbeAsync(DeliveryClaim claim, Instant now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        return await connection.ExecuteAsync(new CommandDefinition(
            "update webhook_endpoint set open_until = @until where tenant = @Tenant and endpoint = @Endpoint and failures >= @threshold and (open_until is null or open_until <= @at)",
            new { claim.Tenant, claim.Endpoint, threshold = WebhookRetry.CircuitThreshold, at = now.ToDateTimeUtc(), until = (now + WebhookRetry.Claim).ToDateTimeUtc() }, cancellationToken: cancellation)) > 0;
    }

    /// <summary>Gives a claim back without an attempt.</summary>
    internal async Task ReleaseAsync(DeliveryClaim claim, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "update webhook_delivery set claimed_until = null where tenant = @Tenant and delivery = @Delivery", new { claim.Tenant, claim.Delivery }, cancellationToken: cancellation));
    }

    /// <summary>Writes an attempt: the log, the delivery, the endpoint's health. Returns the next delivery of an ordered endpoint when this one has ended.</summary>
    internal async Task<string?> FinishAsync(DeliveryClaim claim, AttemptResult result, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var ended = result.Next is null;
        await connection.ExecuteAsync(new CommandDefinition(
            """
            update webhook_delivery set state = @state, attempts = attempts + 1, tries = tries + 1, claimed_until = null, due_at = coalesce(@next, due_at), queued_until = @queued, finished_at = @finished
            where tenant = @Tenant and delivery = @Delivery;
            insert into webhook_attempt (tenant, delivery, attempt, at, duration_ms, status, failure, detail)
            select @Tenant, @Delivery, attempts, @at, @took, @Status, @Failure, @Detail from webhook_delivery where tenant = @Tenant and delivery = @Delivery
            on conflict do nothing
            """,
            new
            {
                claim.Tenant,
                claim.Delivery,
                state = result.Delivered ? "delivered" : ended ? "failed" : "pending",
                next = result.Next?.ToDateTimeUtc(),
                // Only what goes into the queue now has a message standing for it.
                queued = result.Next is { } next && next <= result.At + WebhookRetry.Horizon ? (next + WebhookRetry.Horizon).ToDateTimeUtc() : (DateTime?)null,
                finished = ended ? result.At.ToDateTimeUtc() : (DateTime?)null,
                at = result.At.ToDateTimeUtc(),
                took = (int)result.Took.TotalMilliseconds,
                result.Status,
                result.Failure,
                result.Detail,
            },
            transaction, cancellationToken: cancellation));
        if (!result.Delivered || claim.Failures > 0) await HealthAsync(connection, transaction, claim, result, cancellation);
        var following = ended && claim.Ordered ? await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            """
            update webhook_delivery set queued_until = @until where (tenant, delivery) = (
                select tenant, delivery from webhook_delivery where tenant = @Tenant and endpoint = @Endpoint and state = 'pending' order by seq limit 1) and due_at <= @at and claimed_until is null
            returning delivery
            """,
            new { claim.Tenant, claim.Endpoint, at = result.At.ToDateTimeUtc(), until = (result.At + WebhookRetry.Horizon).ToDateTimeUtc() }, transaction, cancellationToken: cancellation)) : null;
        await transaction.CommitAsync(cancellation);
        return following;
    }

    /// <summary>Disables an endpoint for good, until a person enables it.</summary>
    internal async Task DisableAsync(DeliveryClaim claim, string reason, Instant now, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await connection.ExecuteAsync(new CommandDefinition(
            "update webhook_endpoint set status = 'disabled', disabled_at = @at, disabled_reason = @reason where tenant = @Tenant and endpoint = @Endpoint and status = 'enabled'",
            new { claim.Tenant, claim.Endpoint, at = now.ToDateTimeUtc(), reason }, cancellationToken: cancellation));
    }

    private static Task<int> HealthAsync(NpgsqlConnection connection, NpgsqlTransaction transaction, DeliveryClaim claim, AttemptResult result, CancellationToken cancellation)
    {
        var rest = WebhookRetry.Rest(claim.Failures + 1);
        return connection.ExecuteAsync(new CommandDefinition(
            result.Delivered
                ? "update webhook_endpoint set failures = 0, failing_since = null, open_until = null where tenant = @Tenant and endpoint = @Endpoint and failures > 0"
                : "update webhook_endpoint set failures = failures + 1, failing_since = coalesce(failing_since, @at), open_until = greatest(open_until, @open) where tenant = @Tenant and endpoint = @Endpoint",
            new { claim.Tenant, claim.Endpoint, at = result.At.ToDateTimeUtc(), open = rest > Duration.Zero ? (result.At + rest).ToDateTimeUtc() : (DateTime?)null }, transaction, cancellationToken: cancellation));
    }

    private sealed record Row
    {
        public Guid Endpoint { get; init; }

        public string Name { get; init; } = "";

        public string Url { get; init; } = "";

        public string Secrets { get; init; } = "";

        public bool Ordered { get; init; }

        public int Failures { get; init; }

        public Instant? FailingSince { get; init; }

        public int Tries { get; init; }

        public Instant ExpiresAt { get; init; }

        public byte[] Body { get; init; } = [];

        public DeliveryClaim ToClaim(string tenant, string delivery) =>
            new(tenant, delivery, Endpoint, Name, Url, JsonSerializer.Deserialize<List<WebhookSecret>>(Secrets, HeldarJson.Options)!, Ordered, Failures, FailingSince, Tries, ExpiresAt, Body);
    }
}
