using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using Heldar.Edge.Access;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using Heldar.Edge.Ingest;
using Heldar.Edge.Playback;
using Heldar.Edge.Retention;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Retention;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Heldar.Edge.Tests.Api;

/// <summary>A whole box on a free port, with pipelines and footage that tests make up.</summary>
internal sealed class BoxFixture : IAsyncDisposable
{
    private readonly TemporaryFolder _folder = new();
    private WebApplication _app = null!;

    private Action<IServiceCollection>? _more;

    public ManualClock Clock { get; private init; } = new();

    /// <summary>A time source vouches for the clock until a test says otherwise.</summary>
    public FakeMachineTime Machine { get; } = new() { Synchronised = true };

    public FakePipelines Pipelines { get; } = new();

    public FakeFootage Footage { get; } = new();

    public HttpClient Http { get; private set; } = null!;

    public WebApplication App => _app;

    public string Folder => _folder.Path;

    public string AdminKey { get; private set; } = "";

    public CameraRegistry Cameras => _app.Services.GetRequiredService<CameraRegistry>();

    /// <summary>Starts a box.</summary>
    /// <param name="cameras">What its settings say beyond its name and addresses.</param>
    /// <param name="clock">Its clock; one of its own when left out.</param>
    /// <param name="more">What else it is made of.</param>
    public static async Task<BoxFixture> StartAsync(string cameras = "", ManualClock? clock = null, Action<IServiceCollection>? more = null)
    {
        var fixture = new BoxFixture { Clock = clock ?? new ManualClock(), _more = more };
        await fixture.OpenAsync(cameras);
        return fixture;
    }

    /// <summary>What the box said on its console, to whoever reads that.</summary>
    public StringWriter Said { get; } = new();

    public string DataFolder => _folder.File("data");

    /// <summary>Stops the box and starts it again, some time of its clock later.</summary>
    public async Task RestartAsync(string cameras, Duration down = default, Action<string>? whileDown = null)
    {
        await CloseAsync();
        whileDown?.Invoke(_folder.File("data"));
        Clock.Advance(down);
        whileDown?.Invoke(_folder.File("data"));
        await OpenAsync(cameras);
    }

    public string Key(BoxRole role) => _app.Services.GetRequiredService<ApiKeys>().Add("test", role);

    public async Task<(int Status, string Body)> SendAsync(string method, string path, object? body = null, string? key = null)
    {
        using var response = await RawAsync(method, path, body, key ?? AdminKey);
        return ((int)response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public async Task<HttpResponseMessage> RawAsync(string method, string path, object? body = null, string? key = null, string? range = null)
    {
        using var request = new HttpRequestMessage(new HttpMethod(method), path);
        if (body is not null) request.Content = new StringContent(body as string ?? JsonSerializer.Serialize(body), Encoding.UTF8, "application/json");
        if (key is { Length: > 0 }) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", key);
        if (range is not null) request.Headers.TryAddWithoutValidation("Range", range);
        return await Http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
    }

    public async Task<JsonElement> JsonAsync(string method, string path, object? body = null, int status = 200)
    {
        var (actual, text) = await SendAsync(method, path, body);
        Assert.True(status == actual, $"{method} {path} answered {actual}: {text}");
        return text.Length == 0 ? default : JsonDocument.Parse(text).RootElement.Clone();
    }

    public async ValueTask DisposeAsync()
    {
        await CloseAsync();
        await Said.DisposeAsync();
        _folder.Dispose();
    }

    private async Task OpenAsync(string cameras)
    {
        var yaml = $"box: {{ name: Depot, listen: 'http://127.0.0.1:0', data: ./data, timeZone: Europe/Berlin }}\n{cameras}";
        var settings = SettingsReader.Read(_folder.File("heldar.yaml"), yaml, _ => null);
        Heldar.Edge.Settings.DataFolder.Create(settings.DataFolder);
        foreach (var volume in settings.Recording.Volumes) Directory.CreateDirectory(volume);
        _app = BoxApp.Build(settings, Clock, s =>
        {
            s.AddLogging(l => l.ClearProviders()).AddSingleton<IRecordingPipelines>(Pipelines).AddSingleton<IFootage>(Footage).AddSingleton<IMachineTime>(Machine).AddSingleton(new BoxConsole(Said)).AddSingleton(new WishTiming(Duration.FromMilliseconds(20)));
            _more?.Invoke(s);
        });
        // A data folder that takes nothing more has the key of the start before.
        if (AdminKey.Length == 0 || !_app.Services.GetRequiredService<BoxStore>().IsSubstitute) AdminKey = Key(BoxRole.Admin);
        await _app.StartAsync();
        Http = new HttpClient(new SocketsHttpHandler { UseCookies = false }) { BaseAddress = new Uri(_app.Urls.Single()) };
    }

    private async Task CloseAsync()
    {
        Http.Dispose();
        await _app.StopAsync();
        await _app.DisposeAsync();
    }
}

/// <summary>Footage that a test lists.</summary>
internal sealed class FakeFootage : IFootage
{
    public List<Footage> Items { get; } = [];

    /// <summary>Asked for what is not in the list.</summary>
    public IFootage? Behind { get; set; }

    public Task<IReadOnlyList<Footage>> FindAsync(Guid camera, Instant from, Instant to, int limit, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<Footage>>([.. Items.Where(f => f.Camera == camera && f.Start < to && f.End > from).OrderBy(f => f.Start).Take(limit)]);

    public Task<IReadOnlyList<RecordedSpan>> TimelineAsync(Guid camera, Instant from, Instant to, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<RecordedSpan>>(
            [.. Items.Where(f => f.Camera == camera && f.Start < to && f.End > from).OrderBy(f => f.Start).Select(f => new RecordedSpan(Instant.Max(f.Start, from), Instant.Min(f.End, to)))]);

    public Task<IReadOnlyList<RecordedSpan>> ForeignAsync(Guid camera, Instant from, Instant to, CancellationToken cancellation) =>
        Task.FromResult<IReadOnlyList<RecordedSpan>>(
            [.. Items.Where(f => f.Camera == camera && f.Provenance is not null && f.Start < to && f.End > from).OrderBy(f => f.Start).Select(f => new RecordedSpan(Instant.Max(f.Start, from), Instant.Min(f.End, to)))]);

    public async Task<Footage?> FindByIdAsync(Guid id, CancellationToken cancellation) => Items.Find(f => f.Id == id) ?? (Behind is null ? null : await Behind.FindByIdAsync(id, cancellation));

    public Task<Footage?> FindAtAsync(Guid camera, Instant at, CancellationToken cancellation) =>
        Task.FromResult(Items.Find(f => f.Camera == camera && f.Start <= at && at < f.End));
}
