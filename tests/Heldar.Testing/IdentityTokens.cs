using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using System.Text.Json;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Heldar.Testing;

/// <summary>
/// Tokens of a managed identity, unsigned, as Azurite takes them, and the endpoint on loopback where Azure's container hosts give them to a program
/// (<c>IDENTITY_ENDPOINT</c>, <c>IDENTITY_HEADER</c>). It refuses what those refuse: another header, another identity.
/// </summary>
public sealed class IdentityTokens : IAsyncDisposable
{
    /// <summary>Whom all tokens are for.</summary>
    public const string Audience = "https://storage.azure.com";

    /// <summary>The identity.</summary>
    public const string ClientId = "5f6c2f2e-3a53-4f6b-9e43-0a6d3c1f7b11";

    private const string Header = "only-this-program";

    private readonly WebApplication _app;

    private IdentityTokens(WebApplication app) => _app = app;

    /// <summary>What was asked for: resource and client id.</summary>
    public ConcurrentQueue<(string Resource, string Client)> Asked { get; } = new();

    /// <summary>Environment of a program that runs as this identity.</summary>
    public IReadOnlyDictionary<string, string> Variables => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["IDENTITY_ENDPOINT"] = _app.Urls.Single() + "/msi/token",
        ["IDENTITY_HEADER"] = Header,
        ["AZURE_CLIENT_ID"] = ClientId,
    };

    /// <summary>Starts the endpoint on a free loopback port.</summary>
    public static async Task<IdentityTokens> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        var app = builder.Build();
        app.Urls.Add("http://127.0.0.1:0");
        var tokens = new IdentityTokens(app);
        app.MapGet("/msi/token", tokens.Answer);
        await app.StartAsync();
        return tokens;
    }

    /// <summary>A token with the claims that Azurite checks: audience, issuer and life.</summary>
    public static string Make(string audience, DateTimeOffset now, TimeSpan life)
    {
        long Seconds(TimeSpan from) => (now + from).ToUnixTimeSeconds();
        var tenant = Guid.Empty;
        var claims = new
        {
            aud = audience,
            iss = $"https://sts.windows.net/{tenant}/",
            iat = Seconds(-TimeSpan.FromMinutes(1)),
            nbf = Seconds(-TimeSpan.FromMinutes(1)),
            exp = Seconds(life),
            appid = ClientId,
            tid = tenant,
        };
        return $"{Part(new { alg = "RS256", typ = "JWT" })}.{Part(claims)}.{Url(Encoding.ASCII.GetBytes("nobody signed this"))}";
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private IResult Answer(HttpContext context)
    {
        var (resource, client) = (context.Request.Query["resource"].ToString(), context.Request.Query["client_id"].ToString());
        Asked.Enqueue((resource, client));
        if (context.Request.Headers["X-IDENTITY-HEADER"] != Header || client != ClientId) return Results.Json(new { statusCode = 400, message = "no such identity" }, statusCode: 400);
        var now = TimeProvider.System.GetUtcNow();
        var life = TimeSpan.FromHours(1);
        return Results.Json(new { access_token = Make(resource, now, life), expires_on = (now + life).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture), resource, token_type = "Bearer", client_id = client });
    }

    private static string Part(object claims) => Url(JsonSerializer.SerializeToUtf8Bytes(claims, JsonSerializerOptions.Default));

    private static string Url(byte[] bytes) => System.Buffers.Text.Base64Url.EncodeToString(bytes);
}
