using Heldar.Contracts.Api;
using Heldar.Fleet.Api;

namespace Heldar.Fleet.Access;

/// <summary>
/// Closed by default: runs after routing and before every endpoint. A route without a stated need is refused; an unknown path of the API asks for a person
/// first, so that a stranger learns 401 and never which paths exist (401 before 404).
/// </summary>
internal sealed class AccessMiddleware(RequestDelegate next, IEnumerable<ICallerCheck> checks)
{
    /// <summary>Prefixes under which unknown paths are not the portal's.</summary>
    private static readonly PathString[] Closed = ["/api", "/media", "/internal", "/enrol", "/openapi"];

    private readonly ICallerCheck[] _checks = [.. checks];

    public async Task InvokeAsync(HttpContext context)
    {
        var endpoint = context.GetEndpoint();

        // Only routes state a need; what else routing answers by itself is that no route takes this method (405) or this content type (415).
        var need = endpoint is RouteEndpoint ? endpoint.Metadata.GetMetadata<RouteNeed>()?.Need : UnknownPath(context.Request.Path);
        if (need is null)
        {
            await Answers.WriteAsync(context, Refusal.Of(403, ErrorCodes.Forbidden, "this route states no access decision"));
            return;
        }

        if (need is not Need.Nothing)
        {
            var check = _checks.FirstOrDefault(c => c.Covers(need.Value)) ?? throw new InvalidOperationException($"nothing checks {need}");
            if (await check.CheckAsync(context, need.Value) is { } refusal)
            {
                await Answers.WriteAsync(context, refusal);
                return;
            }
        }

        if (endpoint is null && need is not Need.Nothing)
        {
            await Answers.WriteAsync(context, Refusal.Of(404, ErrorCodes.NotFound, $"there is no {context.Request.Method} {context.Request.Path}; see /openapi/v1.json"));
            return;
        }

        if (endpoint is { RequestDelegate: { } refuse } and not RouteEndpoint)
        {
            await refuse(context);
            await Answers.WriteAsync(context, Refusal.Of(context.Response.StatusCode, ErrorCodes.BadRequest, $"{context.Request.Path} does not take {context.Request.Method} with such a body; see /openapi/v1.json"));
            return;
        }

        await next(context);
    }

    private static Need UnknownPath(PathString path) =>
        Closed.Any(prefix => path.StartsWithSegments(prefix, StringComparison.OrdinalIgnoreCase)) ? Need.Viewer : Need.Nothing;
}
