using System.Security.Cryptography;
using System.Text.Json;
using Dapper;
using Heldar.Cloud.Secrets;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using Heldar.Fleet.Audit;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Webhooks;

/// <summary>Changes of signing secrets, and of the keys that seal them. Thread-safe.</summary>
internal sealed class WebhookSecrets(NpgsqlDataSource database, AuditTrail audit, IClock clock, SecretBox box)
{
    private const int MaxAtOnce = 200;

    /// <summary>Makes a new secret; those before it sign for <paramref name="overlap"/> more. Null when there is no such endpoint.</summary>
    public async Task<WebhookSecretView?> RotateAsync(string tenant, Guid endpoint, Duration overlap, string actor, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        await using var transaction = await connection.BeginTransactionAsync(cancellation);
        var text = await connection.ExecuteScalarAsync<string?>(new CommandDefinition(
            "select secrets from webhook_endpoint where tenant = @tenant and endpoint = @endpoint for update", new { tenant, endpoint }, transaction, cancellationToken: cancellation));
        if (text is null) return null;
        var fresh = WebhookSignature.NewSecret();
        var owner = DeliverySender.SecretsOwner(tenant, endpoint);
        var secrets = WebhookSignature.Rotate(Known(text, owner), fresh, clock.GetCurrentInstant(), overlap);
        await connection.ExecuteAsync(new CommandDefinition(
            "update webhook_endpoint set secrets = @secrets where tenant = @tenant and endpoint = @endpoint",
            new { tenant, endpoint, secrets = box.Seal(JsonSerializer.Serialize(secrets, HeldarJson.Options), owner) }, transaction, cancellationToken: cancellation));
        await audit.AppendAsync(transaction, tenant, actor, AuditActions.WebhookSecretRotated, endpoint.ToString("D"), new { overlapHours = overlap.TotalHours }, cancellation);
        await transaction.CommitAsync(cancellation);
        return new(endpoint, fresh);
    }

    /// <summary>Seals with the first key what another one sealed. Returns how many rows, and how many hold what no key here opens.</summary>
    public async Task<(int Sealed, int Closed)> ResealAsync(CancellationToken cancellation)
    {
        if (!box.CanSeal) return (0, 0);
        var (done, closed, after) = (0, 0, Guid.Empty);
        while (true)
        {
            await using var connection = await database.OpenConnectionAsync(cancellation);
            var rows = (await connection.QueryAsync<(string Tenant, Guid Endpoint, string Secrets, string? Credential)>(new CommandDefinition(
                "select tenant, endpoint, secrets, credential from webhook_endpoint where endpoint > @after order by endpoint limit @MaxAtOnce", new { after, MaxAtOnce }, cancellationToken: cancellation))).ToList();
            foreach (var row in rows.Where(r => !box.IsCurrent(r.Secrets) || (r.Credential is { } c && !box.IsCurrent(c))))
            {
                try
                {
                    var secrets = Again(row.Secrets, DeliverySender.SecretsOwner(row.Tenant, row.Endpoint));
                    var credential = row.Credential is null ? null : Again(row.Credential, DeliverySender.CredentialOwner(row.Tenant, row.Endpoint));
                    done += await connection.ExecuteAsync(new CommandDefinition(
                        "update webhook_endpoint set secrets = @secrets, credential = @credential where tenant = @Tenant and endpoint = @Endpoint and secrets = @was and credential is not distinct from @wasToo",
                        new { row.Tenant, row.Endpoint, secrets, credential, was = row.Secrets, wasToo = row.Credential }, cancellationToken: cancellation));
                }
                catch (CryptographicException)
                {
                    closed++;
                }
            }

            if (rows.Count < MaxAtOnce) return (done, closed);
            after = rows[^1].Endpoint;
        }
    }

    // What no key here opens signs nothing any more: the new secret then stands alone.
    private List<WebhookSecret> Known(string text, string owner)
    {
        try
        {
            return JsonSerializer.Deserialize<List<WebhookSecret>>(box.Open(text, owner), HeldarJson.Options)!;
        }
        catch (CryptographicException)
        {
            return [];
        }
    }

    private string Again(string text, string owner) => box.IsCurrent(text) ? text : box.Seal(box.Open(text, owner), owner);
}
