using System.Security.Cryptography;
using System.Text;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Api;
using Heldar.Fleet.Settings;

namespace Heldar.Fleet.Metrics;

/// <summary>Lets in who knows the metrics' token, and administrators.</summary>
internal sealed class ScraperCheck(FleetOptions options, Sessions sessions) : ICallerCheck
{
    private const string Scheme = "Bearer ";

    private readonly byte[]? _token = options.MetricsToken is { } token ? SHA256.HashData(Encoding.UTF8.GetBytes(token)) : null;

    public bool Covers(Need need) => need is Need.Scraper;

    public async ValueTask<Refusal?> CheckAsync(HttpContext context, Need need)
    {
        string given = context.Request.Headers.Authorization.ToString();
        if (_token is not null && given.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase)
            && CryptographicOperations.FixedTimeEquals(SHA256.HashData(Encoding.UTF8.GetBytes(given[Scheme.Length..].Trim())), _token)) return null;
        var caller = await sessions.FindAsync(context.Request.Cookies[SessionCookie.Name], context.RequestAborted);
        return caller?.Role switch
        {
            Role.Admin => null,
            null => Refusal.Of(401, ErrorCodes.Unauthenticated, "metrics are for HELDAR_METRICS_TOKEN as bearer token, or an administrator who is signed in"),
            _ => Refusal.Of(403, ErrorCodes.Forbidden, "only an administrator may do this"),
        };
    }
}
