using System.Text;
using System.Text.Json;
using Heldar.Edge.Access;

namespace Heldar.Edge.Tests.Access;

/// <summary>What a browser does: keeps the session cookie, sends it, and sends the header beside it.</summary>
internal sealed class Browser(HttpClient http)
{
    public string? Cookie { get; set; }

    /// <summary>Attributes of the last cookie that was set.</summary>
    public string SetCookie { get; private set; } = "";

    public async Task<(int Status, JsonElement Body)> SendAsync(string method, string path, object? body = null, bool header = true)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        if (Cookie is not null) request.Headers.TryAddWithoutValidation("Cookie", $"{SessionCookie.Name}={Cookie}");
        if (header) request.Headers.Add(SessionCookie.CsrfHeader, "1");
        using var response = await http.SendAsync(request);
        if (response.Headers.TryGetValues("Set-Cookie", out var values))
        {
            SetCookie = values.Single();
            Cookie = SetCookie.Split(';')[0].Split('=', 2)[1] is { Length: > 0 } value ? value : null;
        }

        var text = await response.Content.ReadAsStringAsync();
        return ((int)response.StatusCode, text.Length == 0 || response.Content.Headers.ContentType?.MediaType != "application/json" ? default : JsonDocument.Parse(text).RootElement.Clone());
    }

    /// <summary>The code that an authenticator app with this secret shows.</summary>
    public static string CodeOf(string secret, NodaTime.Instant now)
    {
        var bits = string.Concat(secret.Select(c => Convert.ToString("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".IndexOf(c, StringComparison.Ordinal), 2).PadLeft(5, '0')));
        return Totp.Code([.. Enumerable.Range(0, bits.Length / 8).Select(i => Convert.ToByte(bits.Substring(i * 8, 8), 2))], Totp.StepAt(now));
    }

    public Task<(int Status, JsonElement Body)> LoginAsync(string name, string password, string? code = null) => SendAsync("POST", "/api/v1/auth/login", new { name, password, code });
}
