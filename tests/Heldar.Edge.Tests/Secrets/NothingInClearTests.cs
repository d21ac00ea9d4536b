using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Text;
using Heldar.Edge.Access;
using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Heldar.Edge.Tests.Secrets;

/// <summary>A whole box with its own ingest and cameras that cannot be reached: every byte that it keeps, logs or answers is searched for what was typed.</summary>
public sealed class NothingInClearTests : IDisposable
{
    private static readonly string[] Typed =
    [
        "yaml-password-1", "yaml-query-2", "yaml-path-3", "yaml-alone-4", "api-password-5", "api-query-6", "api-path-7", "api-changed-8", "api-alone-9",
        "yaml-onvif-password-10", "api-onvif-password-11", "api-onvif-query-12",
    ];

    private readonly TemporaryFolder _folder = new();
    private readonly ConcurrentQueue<string> _log = new();
    private readonly StringBuilder _answers = new();

    [Fact]
    public async Task TypedCredentials_AreNowhere()
    {
        const string Yaml = """
            box: { listen: 'http://127.0.0.1:0', data: ./data }
            cameras:
              - { id: a, url: 'rtsp://admin:yaml-password-1@127.0.0.1:9/yaml-path-3/live?token=yaml-query-2' }
              - { id: b, url: 'rtsp://yaml-alone-4@127.0.0.1:9/' }
              - { id: f, url: 'rtsp://127.0.0.1:9/', mode: event, events: { address: 'http://127.0.0.1:9/', username: o, password: yaml-onvif-password-10 } }
            """;
        await RunAsync(Yaml, async http =>
        {
            await SendAsync(http, "POST", "/api/v1/cameras", """{"id":"c","url":"rtsp://admin:api-password-5@127.0.0.1:9/api-path-7?sid=api-query-6"}""");
            await SendAsync(http, "POST", "/api/v1/cameras", """{"id":"d","url":"rtsp://api-alone-9@127.0.0.1:9/"}""");
            await SendAsync(http, "PATCH", "/api/v1/cameras/c", """{"url":"rtsp://admin:api-changed-8@127.0.0.1:9/api-path-7?sid=api-query-6"}""");
            await SendAsync(http, "PATCH", "/api/v1/cameras/c", """{"url":"rtsp://admin:api-changed-8@ bad"}""");
            await SendAsync(http, "POST", "/api/v1/cameras", """{"id":"e","url":"rtsp://admin:api-changed-8@127.0.0.1:9/","password":["api-password-5"]}""");
            await SendAsync(http, "POST", "/api/v1/cameras", """{"id":"g","url":"rtsp://127.0.0.1:9/","record_mode":"event","events":{"address":"http://127.0.0.1:9/x?sid=api-onvif-query-12","username":"o","password":"api-onvif-password-11"}}""");
            await SendAsync(http, "PATCH", "/api/v1/cameras/g", """{"events":{"address":"http://o:api-onvif-password-11@127.0.0.1:9/"}}""");
            foreach (var path in new[] { "/api/v1/cameras", "/api/v1/cameras/a/test", "/api/v1/cameras/c/test", "/readyz", "/api/v1/system", "/api/v1/health/cameras", "/health", "/api/v1/cameras/f", "/api/v1/cameras/g", "/api/v1/cameras/f/camera-events" })
                await SendAsync(http, "GET", path);
        });

        Assert.Contains("***", _answers.ToString(), StringComparison.Ordinal);
        Assert.Empty(Found());
    }

    [Fact]
    public async Task Search_FindsWhatIsInClear()
    {
        await RunAsync("box: { listen: 'http://127.0.0.1:0', data: ./data }", http => SendAsync(http, "POST", "/api/v1/cameras", """{"id":"c","name":"yaml-path-3","url":"rtsp://127.0.0.1:9/"}"""));

        Assert.Contains(Found(), f => f.EndsWith("yaml-path-3", StringComparison.Ordinal) && f.Contains("box.db", StringComparison.Ordinal));
        Assert.Contains(Found(), f => f.StartsWith("answers", StringComparison.Ordinal));
    }

    public void Dispose() => _folder.Dispose();

    private async Task RunAsync(string yaml, Func<HttpClient, Task> work)
    {
        var settings = SettingsReader.Read(_folder.File("heldar.yaml"), yaml, _ => null);
        using var folder = DataFolder.Take(settings.DataFolder);
        foreach (var volume in settings.Recording.Volumes) Directory.CreateDirectory(volume);
        await using var app = BoxApp.Build(settings, SystemClock.Instance, s => s.AddLogging(l => l.ClearProviders().SetMinimumLevel(LogLevel.Trace).AddFilter<Kept>(null, LogLevel.Trace).AddProvider(new Kept(_log))));
        var key = app.Services.GetRequiredService<ApiKeys>().Add("test", BoxRole.Admin);
        await app.StartAsync();
        using var http = new HttpClient(new SocketsHttpHandler()) { BaseAddress = new Uri(app.Urls.Single()) };
        http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
        await work(http);
        await UntilEachHasFailedAsync(app.Services.GetRequiredService<CameraRegistry>());
        await SendAsync(http, "GET", "/api/v1/cameras");
        _answers.Append(string.Concat(Files())); // Also while it runs: the write-ahead log is there.
        await app.StopAsync();
    }

    private static async Task UntilEachHasFailedAsync(CameraRegistry cameras)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
        while ((await cameras.ObserveAsync(limit.Token)).Any(c => c.Stream?.Cause is null)) await Task.Delay(50, limit.Token);
    }

    private async Task SendAsync(HttpClient http, string method, string path, string? body = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        using var response = await http.SendAsync(request);
        _answers.Append(await response.Content.ReadAsStringAsync()).Append(response.Headers);
    }

    private IEnumerable<string> Files() => Directory.EnumerateFiles(_folder.Path, "*", SearchOption.AllDirectories).Where(f => !f.EndsWith("box.lock", StringComparison.Ordinal)).Select(f =>
    {
        using var file = new FileStream(f, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        using var copy = new MemoryStream();
        file.CopyTo(copy);
        return $"{f}\n{Encoding.Latin1.GetString(copy.ToArray())}\n";
    });

    private List<string> Found() =>
    [
        .. from place in Files().Append("answers\n" + _answers).Concat(_log.Select(l => "log\n" + l))
           from secret in Typed
           where place.Contains(secret, StringComparison.Ordinal)
           select $"{place[..place.IndexOf('\n', StringComparison.Ordinal)]}: {secret}",
    ];

    [ProviderAlias("Kept")]
    private sealed class Kept(ConcurrentQueue<string> lines) : ILoggerProvider, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            lines.Enqueue($"{formatter(state, exception)} {exception}");

        public void Dispose()
        {
        }
    }
}
