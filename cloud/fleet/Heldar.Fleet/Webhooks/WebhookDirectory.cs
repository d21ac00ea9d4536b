using System.Text.Json;
using Dapper;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using Heldar.Fleet.Audit;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Webhooks;

/// <summary>Endpoints and subscriptions of a tenant; every change is in the audit, without secrets. Thread-safe.</summary>
internal sealed class WebhookDirectory(NpgsqlDataSource database, AuditTrail audit, IClock clock)
{
    /// <summary>Most endpoints of a tenant.</summary>
    public const int MaxEndpoints = 500;

    public async Task<IReadOnlyList<WebhookView>> ListAsync(string tenant, Guid? endpoint, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition(
            """
            select e.endpoint, e.name, e.url, e.ordered, e.status, e.failures, e.failing_since, e.disabled_at, e.disabled_reason,
                (select count(*) from webhook_delivery d where d.tenant = e.tenant and d.endpoint = e.endpoint and d.state = 'pending') as pending,
                (select coalesce(jsonb_agg(s.filter order by s.subscription), '[]')::text from webhook_subscription s where s.tenant = e.tenant and s.endpoint = e.endpoint) as filters
            from webhook_endpoint e where e.tenant = @tenant and (@endpoint::uuid is null or e.endpoint = @endpoint) order by e.name, e.endpoint
            """,
            new { tenant, endpoint }, cancellationToken: cancellation));
        return [.. rows.Select(r => r.View())];
    }

    /// <summary>Makes an endpoint and its secret; null when there are too many.</summary>
    public async Task<WebhookSecretView?> CreateAsync(string tenant, WebhookRequest request, string actor, CancellationToken cancellation)
    {
        var made = new WebhookSecretView(Guid.CreateVersion7(clock.GetCurrentInstant().ToDateTimeOffset()), WebhookSignature.NewSecret());
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var inserted = await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into webhook_endpoint (tenant, endpoint, name, url, secrets, ordered, status)
            select @tenant, @Endpoint, @Name, @Url, @secrets::jsonb, @Ordered, @status where (select count(*) from webhook_endpoint where tenant = @tenant) < @MaxEndpoints
            """,
            new { tenant, made.Endpoint, request.Name, request.Url, request.Ordered, status = Status(request), secrets = Json<IReadOnlyList<WebhookSecret>>([new(made.Secret)]), MaxEndpoints }, transaction, cancellationToken: cancellation));
        if (inserted == 0) return null;
        await SubscribeAsync(transaction, tenant, made.Endpoint, request, cancellation);
        await audit.AppendAsync(transaction, tenant, actor, AuditActions.WebhookCreated, made.Endpoint.ToString("D"), request, cancellation);
        await transaction.CommitAsync(cancellation);
        return made;
    }

    /// <summary>Replaces what people say of an endpoint; false when there is none. Enabling one that was disabled starts with a clean slate.</summary>
    public Task<bool> UpdateAsync(string tenant, Guid endpoint, WebhookRequest request, string actor, CancellationToken cancellation) => ChangeAsync(
        tenant, endpoint, actor, AuditActions.WebhookChanged, request,
        """
        update webhook_endpoint set name = @Name, url = @Url, ordered = @Ordered, status = @status,
            failures = case when status <> @status then 0 else failures end, failing_since = case when status <> @status then null else failing_since end,
            open_until = case when status <> @status then null else open_until end,
            disabled_at = case when @Enabled then null else coalesce(disabled_at, @now) end, disabled_reason = case when @Enabled then null else coalesce(disabled_reason, 'by ' || @actor) end
        where tenant = @tenant and endpoint = @endpoint
        """,
        new { tenant, endpoint, actor, request.Name, request.Url, request.Ordered, request.Enabled, status = Status(request), now = clock.GetCurrentInstant().ToDateTimeUtc() },
        async transaction =>
        {
            await transaction.Connection!.ExecuteAsync(new CommandDefinition("delete from webhook_subscription where tenant = @tenant and endpoint = @endpoint", new { tenant, endpoint }, transaction, cancellationToken: cancellation));
            await SubscribeAsync(transaction, tenant, endpoint, request, cancellation);
        },
        cancellation);

    /// <summary>Removes an endpoint with its subscriptions and its log; false when there is none.</summary>
    public Task<bool> DeleteAsync(string tenant, Guid endpoint, string actor, CancellationToken cancellation) =>
        ChangeAsync(tenant, endpoint, actor, AuditActions.WebhookDeleted, null, "delete from webhook_endpoint where tenant = @tenant and endpoint = @endpoint", new { tenant, endpoint }, null, cancellation);

    /// <summary>Makes a new secret; those before it sign for <paramref name="overlap"/> more. Null when there is no such endpoint.</summary>
    public async Task<WebhookSecretView?> RotateAsync(string tenant, Guid endpoint, Duration overlap, string actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var text = await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            "select secrets::text from webhook_endpoint where tenant = @tenant and endpoint = @endpoint for update", new { tenant, endpoint }, transaction, cancellationToken: cancellation));
        if (text is null) return null;
        var fresh = WebhookSignature.NewSecret();
        var secrets = WebhookSignature.Rotate(JsonSerializer.Deserialize<List<WebhookSecret>>(text, HeldarJson.Options)!, fresh, clock.GetCurrentInstant(), overlap);
        await connection.ExecuteAsync(new CommandDefinition(
            "update webhook_endpoint set secrets = @secrets::jsonb where tenant = @tenant and endpoint = @endpoint", new { tenant, endpoint, secrets = Json(secrets) }, transaction, cancellationToken: cancellation));
        await audit.AppendAsync(transaction, tenant, actor, AuditActions.WebhookSecretRotated, endpoint.ToString("D"), new { overlapHours = overlap.TotalHours }, cancellation);
        await transaction.CommitAsync(cancellation);
        return new(endpoint, fresh);
    }

    /// <summary>Notes what a person asked of an endpoint.</summary>
    public Task NoteAsync(string tenant, Guid endpoint, string actor, string action, object? detail, CancellationToken cancellation) =>
        audit.AppendAsync(tenant, actor, action, endpoint.ToString("D"), detail, cancellation);

    private async Task<bool> ChangeAsync(string tenant, Guid endpoint, string actor, string action, object? detail, string sql, object values, Func<NpgsqlTransaction, Task>? more, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (await connection.ExecuteAsync(new CommandDefinition(sql, values, transaction, cancellationToken: cancellation)) == 0) return false;
        if (more is not null) await more(transaction);
        await audit.AppendAsync(transaction, tenant, actor, action, endpoint.ToString("D"), detail, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    // A subscription's id is made of its filter: an unchanged one keeps its deliveries' ids.
    private static async Task SubscribeAsync(NpgsqlTransaction transaction, string tenant, Guid endpoint, WebhookRequest request, CancellationToken cancellation)
    {
        var filters = request.Subscriptions.Select(Json).Distinct(StringComparer.Ordinal).ToArray();
        var ids = filters.Select(f => new Guid(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes($"{endpoint:D}{f}")).AsSpan(0, 16), bigEndian: true)).ToArray();
        await transaction.Connection!.ExecuteAsync(new CommandDefinition(
            "insert into webhook_subscription (tenant, subscription, endpoint, filter) select @tenant, r.id, @endpoint, r.filter::jsonb from unnest(@ids, @filters) as r (id, filter)",
            new { tenant, endpoint, ids, filters }, transaction, cancellationToken: cancellation));
    }

    private static string Status(WebhookRequest request) => request.Enabled ? "enabled" : "disabled";

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, HeldarJson.Options);

    private sealed record Row
    {
        public Guid Endpoint { get; init; }

        public string Name { get; init; } = "";

        public string Url { get; init; } = "";

        public bool Ordered { get; init; }

        public string Status { get; init; } = "";

        public int Failures { get; init; }

        public Instant? FailingSince { get; init; }

        public Instant? DisabledAt { get; init; }

        public string? DisabledReason { get; init; }

        public long Pending { get; init; }

        public string Filters { get; init; } = "[]";

        public WebhookView View() => new(Endpoint, Name, Url, Ordered, Status == "enabled", JsonSerializer.Deserialize<List<EventFilter>>(Filters, HeldarJson.Options)!, Failures, Pending)
        {
            FailingSince = FailingSince,
            DisabledAt = DisabledAt,
            DisabledReason = DisabledReason,
        };
    }
}
