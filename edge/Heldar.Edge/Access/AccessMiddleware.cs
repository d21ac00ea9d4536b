using Heldar.Contracts.Api;
using Heldar.Edge.Api;

namespace Heldar.Edge.Access;

/// <summary>
/// Closed by default. Runs after routing: whoever shows no valid key gets 401 before anything could tell him that a path or camera exists; a
/// route without an access decision is refused for everyone.
/// </summary>
internal sealed class AccessMiddleware(RequestDelegate next, ApiKeys keys, SignedLinks links)
{
    private static readonly AccessNeed NoRoute = new(BoxRole.Viewer);

    public Task InvokeAsync(HttpContext context)
    {
        // 404 and 405 are no routes of ours, so they need a key and then speak for themselves.
        var endpoint = context.GetEndpoint() as RouteEndpoint;
        var need = endpoint is null ? NoRoute : endpoint.Metadata.GetMetadata<AccessNeed>();
        if (need is null) return Problems.WriteAsync(context, 403, ErrorCodes.Forbidden, "this route has no access decision");
        if (need.Role is not { } role) return next(context);

        if (Credential(context.Request) is { } credential)
        {
            if (keys.Find(credential) is not { } key) return Refuse(context, "the key is not known");
            return key.Role >= role ? next(context) : Problems.WriteAsync(context, 403, ErrorCodes.Forbidden, "this needs a key with the role admin");
        }

        if (need.SignedLink && links.Allows(context.Request.Path.Value ?? "", context.Request.Query["exp"], context.Request.Query["sig"])) return next(context);
        return Refuse(context, "send a key as 'Authorization: Bearer …' or 'X-API-Key: …'; heldar-edge keys add makes one");
    }

    private static Task Refuse(HttpContext context, string why)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.WriteAsync(context, 401, ErrorCodes.Unauthenticated, why);
    }

    private static string? Credential(HttpRequest request)
    {
        if (request.Headers.TryGetValue("X-API-Key", out var values) && values is [{ Length: > 0 } key]) return key;
        if (request.Headers.Authorization is [{ } header] && header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase)) return header[7..].Trim();
        return null;
    }
}
