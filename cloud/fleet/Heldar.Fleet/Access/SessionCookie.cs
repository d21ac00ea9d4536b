namespace Heldar.Fleet.Access;

/// <summary>The session cookie: HttpOnly, SameSite=Strict, Secure behind https.</summary>
internal static class SessionCookie
{
    public const string Name = "heldar_session";

    public static void Set(HttpContext context, string token, TimeSpan lifetime)
    {
        var options = Options(context);
        options.MaxAge = lifetime;
        context.Response.Cookies.Append(Name, token, options);
    }

    public static void Clear(HttpContext context) => context.Response.Cookies.Delete(Name, Options(context));

    private static CookieOptions Options(HttpContext context) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = "/",
        IsEssential = true,
    };
}
