using NodaTime;

namespace Heldar.Edge.Access;

/// <summary>Finds out who a request comes from: a key or a session's token in a header, else the session cookie. Thread-safe.</summary>
internal sealed class Callers(ApiKeys keys, ApiKeyUse use, Sessions sessions, Accounts accounts, IClock clock)
{
    /// <summary>Whether a request says in a header who it comes from; then its cookie does not count.</summary>
    public static bool HasHeaderCredential(HttpRequest request) => Credential(request) is not null;

    /// <summary>The caller; else null, with the reason when a credential was shown.</summary>
    public async Task<(Caller? Caller, string? Why)> FindAsync(HttpContext context)
    {
        var (caller, why) = await ReadAsync(context);
        return (caller is null ? null : caller with { From = AddressOf(context) }, why);
    }

    /// <summary>
    /// The maker of a signed link as he is now; null when he is revoked, expired, removed, disabled or locked out. A person who is signed in is not kept out by a
    /// lock: his session lets him in, not his link.
    /// </summary>
    public async Task<Caller?> FindMakerAsync(CallerKind kind, Guid id, HttpContext context)
    {
        var maker = kind == CallerKind.ApiKey ? keys.Find(id)
            : await accounts.FindAsync(id, context.RequestAborted) is { Disabled: false } user && user.LockedUntil <= clock.GetCurrentInstant() ? user.ToCaller()
            : null;
        return maker is null ? null : maker with { From = AddressOf(context) };
    }

    /// <summary>Where a request comes from; null when the connection does not say.</summary>
    public static string? AddressOf(HttpContext context) =>
        context.Connection.RemoteIpAddress is { } address ? (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString() : null;

    private async Task<(Caller? Caller, string? Why)> ReadAsync(HttpContext context)
    {
        var cancellation = context.RequestAborted;
        if (Credential(context.Request) is { } credential)
        {
            if (SecretToken.IsShaped(credential, Sessions.Prefix))
                return await sessions.FindAsync(credential, cancellation) is { } person ? (person, null) : (null, "the session has ended: sign in again");
            if (keys.Find(credential) is not { } machine) return (null, "the key is not known, or it has expired");
            await use.StampAsync(machine.Id, cancellation);
            return (machine, null);
        }

        return (await sessions.FindAsync(SessionCookie.Read(context.Request), cancellation), null);
    }

    private static string? Credential(HttpRequest request)
    {
        if (request.Headers.TryGetValue("X-API-Key", out var values) && values is [{ Length: > 0 } key]) return key;
        if (request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return header[7..].Trim();
        return null;
    }
}
