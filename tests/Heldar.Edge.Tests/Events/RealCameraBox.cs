using System.Net.Http.Json;
using System.Text.Json;
using Heldar.Edge.Access;
using Heldar.Edge.Settings;
using Heldar.Local.Cameras;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Heldar.Edge.Tests.Events;

/// <summary>A whole box in this process that receives simulated cameras for real: real sessions, real disk, a real clock unless a test has its own.</summary>
internal sealed class RealCameraBox(CameraSimulator simulator) : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication? _app;
    private HttpClient? _http;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>Where a camera is for the box, when that is not where the simulator has it.</summary>
    public Func<CameraSpec, Uri>? UrlOf { get; set; }

    /// <summary>The box's wall clock.</summary>
    public IClock Clock { get; set; } = SystemClock.Instance;

    /// <summary>A part of the running box.</summary>
    public T Service<T>()
        where T : notnull => _app!.Services.GetRequiredService<T>();

    /// <summary>Starts it; each camera with the lines that <paramref name="more"/> gives it.</summary>
    public async Task StartAsync(Func<CameraSpec, string> more, string volume = "./recordings", string sections = "")
    {
        var (username, password) = simulator.Credentials;
        var cameras = string.Concat(simulator.Cameras.Select(c => $"  - {{ id: {c.Name}, url: '{UrlOf?.Invoke(c) ?? simulator.Url(c)}', username: {username}, password: {(c.Name == "locked" ? "wrong" : password)}{more(c)} }}\n"));
        var yaml = $"box: {{ listen: 'http://127.0.0.1:0', data: ./data }}\nrecording: {{ volumes: [{{ path: {volume} }}], segmentSeconds: 5 }}\n{sections}cameras:\n{cameras}";
        var settings = SettingsReader.Read(_folder.File("heldar.yaml"), yaml, _ => null);
        DataFolder.Create(settings.DataFolder);
        _app = BoxApp.Build(settings, Clock, s => s.AddLogging(l => l.ClearProviders()));
        var key = _app.Services.GetRequiredService<ApiKeys>().Add("test", BoxRole.Admin);
        await _app.StartAsync(Cancellation);
        _http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(_app.Urls.Single()) };
        _http.DefaultRequestHeaders.Add("X-API-Key", key);
    }

    public async Task StopAsync()
    {
        _http?.Dispose();
        if (_app is not null)
        {
            await _app.StopAsync(Cancellation);
            await _app.DisposeAsync();
        }

        _app = null;
    }

    public async Task<JsonElement> SendAsync(HttpMethod method, string path, object? body = null)
    {
        using var request = new HttpRequestMessage(method, "/api/v1/" + path);
        if (body is not null) request.Content = JsonContent.Create(body);
        using var response = await _http!.SendAsync(request, Cancellation);
        var text = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.True(response.IsSuccessStatusCode, $"{method} {path}: {text}");
        return JsonDocument.Parse(text).RootElement.Clone();
    }

    /// <summary>Asks until the answer is the wanted one.</summary>
    public Task<JsonElement> UntilAsync(string path, Func<JsonElement, bool> wanted, int seconds = 60) => UntilAsync(path, () => SendAsync(HttpMethod.Get, path), wanted, seconds);

    /// <summary>Asks for the box's health, whatever that is, until it is the wanted one.</summary>
    public Task<JsonElement> HealthAsync(Func<JsonElement, bool> wanted, int seconds = 60) =>
        UntilAsync("/health", AskHealthAsync, wanted, seconds);

    private async Task<JsonElement> AskHealthAsync()
    {
        using var response = await _http!.GetAsync("/health", Cancellation);
        return JsonDocument.Parse(await response.Content.ReadAsStringAsync(Cancellation)).RootElement.Clone();
    }

    private static async Task<JsonElement> UntilAsync(string path, Func<Task<JsonElement>> ask, Func<JsonElement, bool> wanted, int seconds)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(100));
        JsonElement seen = default;
        for (var i = 0; i < seconds * 10 && await timer.WaitForNextTickAsync(Cancellation); i++)
        {
            seen = await ask();
            if (wanted(seen)) return seen;
        }

        throw new TimeoutException($"{path} stays {seen}");
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Dispose();
    }
}
