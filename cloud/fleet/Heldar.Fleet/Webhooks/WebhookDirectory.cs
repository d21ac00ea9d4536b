using System.Text.Json;
using Dapper;
using Heldar.Cloud.Secrets;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using Heldar.Fleet.Api;
using Heldar.Fleet.Audit;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Webhooks;

/// <summary>Endpoints and subscriptions of a tenant; every change is in the audit, without secrets. Secrets and credentials are kept sealed. Thread-safe.</summary>
internal sealed class WebhookDirectory(NpgsqlDataSource database, AuditTrail audit, IClock clock, SecretBox box)
{
    /// <summary>Most endpoints of a tenant.</summary>
    public const int MaxEndpoints = 500;

    public async Task<IReadOnlyList<WebhookView>> ListAsync(string tenant, Guid? endpoint, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var rows = await connection.QueryAsync<Row>(new CommandDefinition(
            """
            select e.endpoint, e.name, e.url, e.ordered, e.auth, e.auth_about, e.status, e.failures, e.failing_since, e.disabled_at, e.disabled_reason, e.created_at,
                (select count(*) from webhook_delivery d where d.tenant = e.tenant and d.endpoint = e.endpoint and d.state = 'pending') as pending,
                (select coalesce(jsonb_agg(s.filter order by s.subscription), '[]')::text from webhook_subscription s where s.tenant = e.tenant and s.endpoint = e.endpoint) as filters
            from webhook_endpoint e where e.tenant = @tenant and (@endpoint::uuid is null or e.endpoint = @endpoint) order by e.name, e.endpoint
            """,
            new { tenant, endpoint }, cancellationToken: cancellation));
        return [.. rows.Select(r => r.View())];
    }

    /// <summary>Makes an endpoint and its secret; null when there are too many. Throws <see cref="BadInputException"/> for a credential that is none.</summary>
    public async Task<WebhookSecretView?> CreateAsync(string tenant, WebhookRequest request, string actor, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        var made = new WebhookSecretView(Guid.CreateVersion7(now.ToDateTimeOffset()), WebhookSignature.NewSecret());
        var credential = request.Credential?.Read(now);
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var inserted = await connection.ExecuteAsync(new CommandDefinition(
            """
            insert into webhook_endpoint (tenant, endpoint, name, url, secrets, auth, credential, auth_about, ordered, status, created_at)
            select @tenant, @Endpoint, @Name, @Url, @secrets, @auth, @credential, @About, @Ordered, @status, @now where (select count(*) from webhook_endpoint where tenant = @tenant) < @MaxEndpoints
            """,
            new
            {
                tenant,
                made.Endpoint,
                request.Name,
                request.Url,
                request.Ordered,
                status = Status(request),
                secrets = box.Seal(Json<IReadOnlyList<WebhookSecret>>([new(made.Secret)]), DeliverySender.SecretsOwner(tenant, made.Endpoint)),
                auth = Word(credential?.Kind),
                credential = Sealed(tenant, made.Endpoint, credential),
                credential?.About,
                now = now.ToDateTimeUtc(),
                MaxEndpoints,
            },
            transaction, cancellationToken: cancellation));
        if (inserted == 0) return null;
        await SubscribeAsync(transaction, tenant, made.Endpoint, request, cancellation);
        await audit.AppendAsync(transaction, tenant, actor, AuditActions.WebhookCreated, made.Endpoint.ToString("D"), request.Told(), cancellation);
        await transaction.CommitAsync(cancellation);
        return made;
    }

    /// <summary>
    /// Replaces what people say of an endpoint; false when there is none. Enabling one that was disabled starts with a clean slate. Throws
    /// <see cref="BadInputException"/> when a credential that was given for one host would go to another.
    /// </summary>
    public Task<bool> UpdateAsync(string tenant, Guid endpoint, WebhookRequest request, string actor, CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        var credential = request.Credential?.Read(now);
        return ChangeAsync(
            tenant, endpoint, actor, AuditActions.WebhookChanged, request.Told(),
            """
            update webhook_endpoint set name = @Name, url = @Url, ordered = @Ordered, status = @status,
                auth = case when @given then @auth else auth end, credential = case when @given then @credential else credential end, auth_about = case when @given then @About else auth_about end,
                failures = case when status <> @status then 0 else failures end, failing_since = case when status <> @status then null else failing_since end,
                open_until = case when status <> @status then null else open_until end,
                disabled_at = case when @Enabled then null else coalesce(disabled_at, @now) end, disabled_reason = case when @Enabled then null else coalesce(disabled_reason, 'by ' || @actor) end
            where tenant = @tenant and endpoint = @endpoint
            """,
            new
            {
                tenant,
                endpoint,
                actor,
                request.Name,
                request.Url,
                request.Ordered,
                request.Enabled,
                status = Status(request),
                given = request.Credential is not null,
                auth = Word(credential?.Kind),
                credential = Sealed(tenant, endpoint, credential),
                credential?.About,
                now = now.ToDateTimeUtc(),
            },
            async transaction =>
            {
                await transaction.Connection!.ExecuteAsync(new CommandDefinition("delete from webhook_subscription where tenant = @tenant and endpoint = @endpoint", new { tenant, endpoint }, transaction, cancellationToken: cancellation));
                await SubscribeAsync(transaction, tenant, endpoint, request, cancellation);
            },
            cancellation,
            request.Credential is null ? async transaction => await StayAsync(transaction, tenant, endpoint, request.Url, cancellation) : null);
    }

    /// <summary>Removes an endpoint with its subscriptions and its log; false when there is none.</summary>
    public Task<bool> DeleteAsync(string tenant, Guid endpoint, string actor, CancellationToken cancellation) =>
        ChangeAsync(tenant, endpoint, actor, AuditActions.WebhookDeleted, null, "delete from webhook_endpoint where tenant = @tenant and endpoint = @endpoint", new { tenant, endpoint }, null, cancellation);

    /// <summary>Notes what a person asked of an endpoint.</summary>
    public Task NoteAsync(string tenant, Guid endpoint, string actor, string action, object? detail, CancellationToken cancellation) =>
        audit.AppendAsync(tenant, actor, action, endpoint.ToString("D"), detail, cancellation);

    private async Task<bool> ChangeAsync(string tenant, Guid endpoint, string actor, string action, object? detail, string sql, object values, Func<NpgsqlTransaction, Task>? more, CancellationToken cancellation, Func<NpgsqlTransaction, Task>? first = null)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        if (first is not null) await first(transaction);
        if (await connection.ExecuteAsync(new CommandDefinition(sql, values, transaction, cancellationToken: cancellation)) == 0) return false;
        if (more is not null) await more(transaction);
        await audit.AppendAsync(transaction, tenant, actor, action, endpoint.ToString("D"), detail, cancellation);
        await transaction.CommitAsync(cancellation);
        return true;
    }

    // Who may change an endpoint may not read its credential, and must not learn it by sending it to a host of their own.
    private static async Task StayAsync(NpgsqlTransaction transaction, string tenant, Guid endpoint, string url, CancellationToken cancellation)
    {
        var was = await transaction.Connection!.ExecuteScalarAsync<string?>(new CommandDefinition(
            "select url from webhook_endpoint where tenant = @tenant and endpoint = @endpoint and credential is not null for update", new { tenant, endpoint }, transaction, cancellationToken: cancellation));
        if (was is not null && Uri.Compare(new Uri(was), new Uri(url), UriComponents.SchemeAndServer, UriFormat.UriEscaped, StringComparison.OrdinalIgnoreCase) != 0)
            throw new BadInputException("credential: the url has another host or port than the credential was given for; give it again, or kind none");
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

    private string? Sealed(string tenant, Guid endpoint, ReceiverCredential? credential) => credential is null ? null : box.Seal(credential.ToJson(), DeliverySender.CredentialOwner(tenant, endpoint));

    private static string Word(CredentialKind? kind) => kind switch
    {
        CredentialKind.Bearer => "bearer",
        CredentialKind.Certificate => "certificate",
        _ => "none",
    };

    private static string Status(WebhookRequest request) => request.Enabled ? "enabled" : "disabled";

    private static string Json<T>(T value) => JsonSerializer.Serialize(value, HeldarJson.Options);

    private sealed record Row
    {
        public Guid Endpoint { get; init; }

        public string Name { get; init; } = "";

        public string Url { get; init; } = "";

        public bool Ordered { get; init; }

        public string Auth { get; init; } = "";

        public string? AuthAbout { get; init; }

        public Instant CreatedAt { get; init; }

        public string Status { get; init; } = "";

        public int Failures { get; init; }

        public Instant? FailingSince { get; init; }

        public Instant? DisabledAt { get; init; }

        public string? DisabledReason { get; init; }

        public long Pending { get; init; }

        public string Filters { get; init; } = "[]";

        public WebhookView View() => new(Endpoint, Name, Url, Ordered, Status == "enabled", JsonSerializer.Deserialize<List<EventFilter>>(Filters, HeldarJson.Options)!, Failures, Pending)
        {
            Credential = Auth == "none" ? null : new(Enum.Parse<CredentialKind>(Auth, ignoreCase: true), AuthAbout),
            CreatedAt = CreatedAt,
            FailingSince = FailingSince,
            DisabledAt = DisabledAt,
            DisabledReason = DisabledReason,
        };
    }
}
