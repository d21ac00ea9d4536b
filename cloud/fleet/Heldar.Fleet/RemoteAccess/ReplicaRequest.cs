using System.Security.Cryptography;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Microsoft.AspNetCore.DataProtection;
using NodaTime;

namespace Heldar.Fleet.RemoteAccess;

/// <summary>What one replica asks of the one that holds a box.</summary>
internal sealed record ReplicaRequest(string Tenant, Guid Box, TunnelRequest Request)
{
    /// <summary>Minimal API binding: what <see cref="ReplicaCheck"/> found in the token.</summary>
    public static ValueTask<ReplicaRequest> BindAsync(HttpContext context) =>
        ValueTask.FromResult(context.Features.Get<ReplicaRequest>() ?? throw new InvalidOperationException("the route does not need a replica"));
}

/// <summary>
/// The token by which replicas trust each other: the whole request, authenticated and encrypted with the data protection keys that all replicas share in
/// PostgreSQL, valid for a minute. Who cannot read that table can neither make nor change one.
/// </summary>
internal sealed class ReplicaTokens(IDataProtectionProvider protection, IClock clock)
{
    /// <summary>Header that carries the token.</summary>
    public const string Header = "Heldar-Replica";

    private static readonly Duration Lifetime = Duration.FromMinutes(1);
    private readonly IDataProtector _protector = protection.CreateProtector("Heldar.Fleet.RemoteAccess.Replica.v1");

    public string Create(ReplicaRequest request) =>
        _protector.Protect(JsonSerializer.Serialize(new Sealed(request, clock.GetCurrentInstant() + Lifetime), HeldarJson.Options));

    /// <summary>The request in a token; null when it is forged, damaged or too old.</summary>
    public ReplicaRequest? Read(string? token)
    {
        if (string.IsNullOrEmpty(token) || token.Length > 8192) return null;
        try
        {
            var read = JsonSerializer.Deserialize<Sealed>(_protector.Unprotect(token), HeldarJson.Options);
            return read is not null && read.Expires > clock.GetCurrentInstant() ? read.Request : null;
        }
        catch (Exception wrong) when (wrong is CryptographicException or JsonException)
        {
            return null;
        }
    }

    private sealed record Sealed(ReplicaRequest Request, Instant Expires);
}
