using System.Net;
using System.Net.Http.Json;
using System.Security.Cryptography;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Local.Processes;

namespace Heldar.Local.Smoke;

/// <summary>Uses the fleet as a person's browser does: signs in with the setup code, searches, downloads.</summary>
internal sealed class FleetClient : IDisposable
{
    private readonly HttpClient _http;

    public FleetClient(Uri fleet)
    {
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, CookieContainer = new CookieContainer(), ConnectTimeout = TimeSpan.FromSeconds(5) }) { BaseAddress = fleet, Timeout = TimeSpan.FromSeconds(60) };
        _http.DefaultRequestHeaders.Add("X-Heldar-Csrf", "1");
    }

    /// <summary>Makes the first account and signs in.</summary>
    public async Task SignInAsync(string setupCode, CancellationToken cancellation)
    {
        string password = Convert.ToBase64String(RandomNumberGenerator.GetBytes(18));
        await PostAsync("/api/v1/auth/setup", new { code = setupCode, name = "smoke", password }, cancellation);
        await PostAsync("/api/v1/auth/login", new { name = "smoke", password }, cancellation);
    }

    /// <summary>Everything that the search finds, all pages.</summary>
    public async Task<IReadOnlyList<RecordingItem>> SearchAsync(DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        List<RecordingItem> items = [];
        string? cursor = null;
        do
        {
            string path = $"/api/v1/recordings?from={Text(from)}&to={Text(to)}&limit=1000{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}";
            RecordingsPage page = await GetAsync<RecordingsPage>(path, cancellation);
            items.AddRange(page.Items);
            if (page.Cursor is not null && page.Cursor == cursor) throw new ProcessException("the search's cursor does not advance");
            cursor = page.Cursor;
        }
        while (cursor is not null);
        return items;
    }

    /// <summary>What a segment must hash to.</summary>
    public Task<RecordingProof> ProofAsync(RecordingItem item, CancellationToken cancellation) =>
        GetAsync<RecordingProof>($"/api/v1/recordings/{item.Camera}/{Uri.EscapeDataString(InstantText.Format(item.Start))}/proof", cancellation);

    /// <summary>Downloads a recording through the box's tunnel.</summary>
    public async Task DownloadAsync(RecordingItem item, string file, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await _http.GetAsync(item.PlayUrl, HttpCompletionOption.ResponseHeadersRead, cancellation);
        await EnsureAsync(answer, item.PlayUrl, cancellation);
        await using FileStream target = File.Create(file);
        await answer.Content.CopyToAsync(target, cancellation);
    }

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await _http.GetAsync(path, cancellation);
        await EnsureAsync(answer, path, cancellation);
        return await answer.Content.ReadFromJsonAsync<T>(HeldarJson.Options, cancellation) ?? throw new ProcessException($"{path} answered null");
    }

    private async Task PostAsync(string path, object body, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await _http.PostAsJsonAsync(path, body, cancellation);
        await EnsureAsync(answer, path, cancellation);
    }

    private static async Task EnsureAsync(HttpResponseMessage answer, string path, CancellationToken cancellation)
    {
        if (!answer.IsSuccessStatusCode) throw new ProcessException($"{path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellation)}");
    }

    private static string Text(DateTimeOffset time) => Uri.EscapeDataString(InstantText.Format(NodaTime.Instant.FromDateTimeOffset(time)));
}
