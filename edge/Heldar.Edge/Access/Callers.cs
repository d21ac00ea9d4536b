namespace Heldar.Edge.Access;

/// <summary>Finds out who a request comes from: a key or a session's token in a header, else the session cookie. Thread-safe.</summary>
internal sealed class Callers(ApiKeys keys, ApiKeyUse use, Sessions sessions)
{
    /// <summary>Whether a request says in a header who it comes from; then its cookie does not count.</summary>
    public static bool HasHeaderCredential(HttpRequest request) => Credential(request) is not null;

    /// <summary>The caller; else null, with the reason when a credential was shown.</summary>
    public async Task<(Caller? Caller, string? Why)> FindAsync(HttpContext context)
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
