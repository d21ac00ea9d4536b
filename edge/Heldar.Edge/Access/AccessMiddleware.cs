using Heldar.Contracts.Api;
using Heldar.Edge.Api;

namespace Heldar.Edge.Access;

/// <summary>
/// Closed by default. Runs after routing: whoever does not show who he is gets 401 before anything could tell him that a path or camera exists; a route without
/// an access decision is refused for everyone, one without a camera-scope decision for everybody who may not know of all cameras.
/// </summary>
internal sealed class AccessMiddleware(RequestDelegate next, Callers callers, SignedLinks links, FailureNotes failures)
{
    // 404 and 405 are no routes of ours, so they need a caller and then speak for themselves.
    private static readonly AccessNeed NoRoute = new(Capability.None);
    private static readonly ScopeNeed NoScope = new(ScopeRule.BoxWide);

    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint() as RouteEndpoint;
        var need = endpoint is null ? NoRoute : endpoint.Metadata.GetMetadata<AccessNeed>();
        if (need is null)
        {
            await Problems.WriteAsync(context, 403, ErrorCodes.Forbidden, "this route has no access decision");
            return;
        }

        if (need.Capability is { } capability)
        {
            var (caller, why) = await callers.FindAsync(context);
            if (caller is null)
            {
                // Whoever shows a credential that is not good any more gets nothing for a link beside it.
                if (why is null && need.SignedLink) caller = await MakerAsync(context, capability);
            }

            if (caller is null)
            {
                await RefuseAsync(context, why ?? "sign in, or send a key as 'Authorization: Bearer …' or 'X-API-Key: …'; heldar-edge keys add makes one");
                return;
            }

            if (endpoint is not null && await RefuseAsync(context, caller, capability, endpoint.Metadata.GetMetadata<ScopeNeed>() ?? NoScope)) return;
            context.Features.Set(caller);
        }

        await next(context);
    }

    /// <summary>Who made the link that this request is, if he may still do what it is for.</summary>
    private async Task<Caller?> MakerAsync(HttpContext context, Capability capability) =>
        links.MakerOf(context.Request.Path.Value ?? "", context.Request.Query) is { } maker && await callers.FindMakerAsync(maker.Kind, maker.Id, context) is { } caller && caller.Can(capability)
            ? caller
            : null;

    private static Task RefuseAsync(HttpContext context, string why)
    {
        context.Response.Headers.WWWAuthenticate = "Bearer";
        return Problems.WriteAsync(context, 401, ErrorCodes.Unauthenticated, why);
    }

    /// <summary>Refuses what a known caller may not do; false when he may.</summary>
    private async Task<bool> RefuseAsync(HttpContext context, Caller caller, Capability capability, ScopeNeed scope)
    {
        if (caller.Session is not null && !Callers.HasHeaderCredential(context.Request) && !SessionCookie.MayChange(context.Request))
        {
            await Problems.WriteAsync(context, 403, ErrorCodes.Forbidden, $"send the header {SessionCookie.CsrfHeader}: 1 with every call that changes something");
            return true;
        }

        if (!caller.Can(capability))
        {
            var word = CapabilityNames.WordOf(capability);
            await failures.AppendAsync(caller.Actor, "access.refused", $"{context.Request.Method} {context.Request.Path}", context.RequestAborted);
            await Problems.WriteAsync(context, 403, ErrorCodes.Forbidden, $"this needs the capability {word}");
            return true;
        }

        if (caller.Cameras.IsAll || scope.Rule is ScopeRule.Filters or ScopeRule.NoCameras) return false;
        if (scope.Rule == ScopeRule.InRoute && caller.Sees(context.Request.RouteValues[scope.RouteValue] as string)) return false;
        if (scope.Rule == ScopeRule.InRoute) await Problems.WriteAsync(context, 404, ErrorCodes.NotFound, ScopeNeed.NoSuchCamera);
        else await Problems.WriteAsync(context, 403, ErrorCodes.Forbidden, "this is about the whole box, and you may know of some cameras only");
        return true;
    }
}
