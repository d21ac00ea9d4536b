namespace Heldar.Edge.Access;

/// <summary>The session cookie: HttpOnly, SameSite=Strict, Secure behind https, and the header that goes with it.</summary>
internal static class SessionCookie
{
    public const string Name = "heldar_session";

    /// <summary>Header that every call but GET and HEAD needs beside the cookie: other sites' pages cannot send it.</summary>
    public const string CsrfHeader = "X-Heldar-Csrf";

    public static string? Read(HttpRequest request) => request.Cookies[Name];

    public static void Set(HttpContext context, string token)
    {
        var options = Attributes(context);
        options.MaxAge = Sessions.Lifetime.ToTimeSpan();
        context.Response.Cookies.Append(Name, token, options);
    }

    public static void Clear(HttpContext context) => context.Response.Cookies.Delete(Name, Attributes(context));

    /// <summary>Whether a request that comes with the cookie may change something.</summary>
    public static bool MayChange(HttpRequest request) =>
        HttpMethods.IsGet(request.Method) || HttpMethods.IsHead(request.Method) || !request.Cookies.ContainsKey(Name) || request.Headers[CsrfHeader] == "1";

    private static CookieOptions Attributes(HttpContext context) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = "/",
        IsEssential = true,
    };
}
