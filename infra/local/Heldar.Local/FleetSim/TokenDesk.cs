using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text.Json;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Local.Processes;

namespace Heldar.Local.FleetSim;

/// <summary>An administrator of the fleet: signs in, makes the site, mints one enrolment token per box.</summary>
internal sealed class TokenDesk : IDisposable
{
    /// <summary>The site of all simulated boxes.</summary>
    public const string Site = "simulated";

    private readonly HttpClient _http;

    public TokenDesk(Uri fleet)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, CookieContainer = new CookieContainer(), ConnectTimeout = TimeSpan.FromSeconds(5) }) { BaseAddress = fleet, Timeout = TimeSpan.FromSeconds(30) };
        _http.DefaultRequestHeaders.Add("X-Heldar-Csrf", "1");
    }

    /// <summary>Makes the first account, with a password that nobody keeps.</summary>
    public Task SetUpAsync(string code, CancellationToken cancellation) =>
        PostAsync("/api/v1/auth/setup", new { code, name = "simulator", password = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18)) }, cancellation);

    public Task SignInAsync(string name, string password, CancellationToken cancellation) => PostAsync("/api/v1/auth/login", new { name, password }, cancellation);

    /// <summary>Makes the site unless it is there.</summary>
    public async Task MakeSiteAsync(CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await _http.PostAsJsonAsync("/api/v1/sites", new { site = Site, name = "Simulated boxes", timeZone = "Europe/Berlin" }, cancellation);
        if (answer.StatusCode != HttpStatusCode.Conflict) await EnsureAsync(answer, "/api/v1/sites", cancellation);
    }

    /// <summary>A token for one box.</summary>
    public async Task<string> TokenAsync(CancellationToken cancellation)
    {
        using JsonDocument answer = JsonDocument.Parse(await PostAsync("/api/v1/enrolment-tokens", new { site = Site, minutes = 15 }, cancellation));
        return answer.RootElement.GetProperty("token").GetString()!;
    }

    /// <summary>Takes a box out that is gone for good: its key is nobody's any more, and its cameras are free for another box.</summary>
    public async Task RemoveAsync(Guid box, CancellationToken cancellation)
    {
        string path = $"/api/v1/boxes/{box:D}";
        using HttpResponseMessage answer = await _http.DeleteAsync(path, cancellation);
        await EnsureAsync(answer, path, cancellation);
    }

    /// <summary>Makes a webhook endpoint with one subscription for each list of event types, of the simulated boxes' site alone; answers its id and its signing secret.</summary>
    public async Task<(Guid Endpoint, string Secret)> SubscribeAsync(string name, Uri url, IReadOnlyList<IReadOnlyList<string>> types, CancellationToken cancellation)
    {
        using JsonDocument answer = JsonDocument.Parse(await PostAsync("/api/v1/webhooks", new { name, url = url.ToString(), subscriptions = types.Select(list => new { types = list, sites = new[] { Site } }) }, cancellation));
        return (answer.RootElement.GetProperty("endpoint").GetGuid(), answer.RootElement.GetProperty("secret").GetString()!);
    }

    /// <summary>Makes a webhook endpoint that wants the zone events of one zone.</summary>
    public Task AddWebhookAsync(Uri url, string zone, CancellationToken cancellation) =>
        PostAsync("/api/v1/webhooks", new { name = "Simulated receiver", url, subscriptions = new[] { new { types = new[] { EventTypes.Zone }, zones = new[] { zone } } } }, cancellation);

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<string> PostAsync(string path, object body, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await _http.PostAsJsonAsync(path, body, HeldarJson.Options, cancellation);
        return await EnsureAsync(answer, path, cancellation);
    }

    private static async Task<string> EnsureAsync(HttpResponseMessage answer, string path, CancellationToken cancellation)
    {
        string text = await answer.Content.ReadAsStringAsync(cancellation);
        return answer.IsSuccessStatusCode ? text : throw new ProcessException($"{path}: {(int)answer.StatusCode} {text}");
    }
}
