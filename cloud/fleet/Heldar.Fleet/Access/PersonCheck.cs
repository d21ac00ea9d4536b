using Heldar.Contracts.Api;
using Heldar.Fleet.Api;

namespace Heldar.Fleet.Access;

/// <summary>Lets in people with a valid session cookie; calls that change something also need the header that other sites' pages cannot send.</summary>
internal sealed class PersonCheck(Sessions sessions) : ICallerCheck
{
    /// <summary>Header that every call but GET and HEAD needs beside the cookie.</summary>
    public const string CsrfHeader = "X-Heldar-Csrf";

    public bool Covers(Need need) => need is Need.Viewer or Need.Admin;

    public async ValueTask<Refusal?> CheckAsync(HttpContext context, Need need)
    {
        var caller = await sessions.FindAsync(context.Request.Cookies[SessionCookie.Name], context.RequestAborted);
        if (caller is null) return Refusal.Of(401, ErrorCodes.Unauthenticated, "sign in first: POST /api/v1/auth/login");
        if (RefuseForgery(context.Request) is { } forged) return forged;
        if (need is Need.Admin && caller.Role is not Role.Admin) return Refusal.Of(403, ErrorCodes.Forbidden, "only an administrator may do this");
        context.Features.Set(caller);
        return null;
    }

    /// <summary>Refuses a changing request that has the cookie but not the header.</summary>
    public static Refusal? RefuseForgery(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || !request.Cookies.ContainsKey(SessionCookie.Name) || request.Headers[CsrfHeader] == "1"
            ? null
            : Refusal.Of(403, ErrorCodes.Forbidden, $"send the header {CsrfHeader}: 1 with every call that changes something");
}
