using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json;
using Heldar.Local.Cameras;
using Heldar.Local.Processes;

namespace Heldar.Local.Emulator;

/// <summary>The real box program without a cloud, recording simulated cameras: for drills and tests that stop and kill it. One caller at a time.</summary>
internal sealed class LoneBox : IAsyncDisposable
{
    private static readonly JsonSerializerOptions Names = new() { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower };
    private readonly HttpClient _http;
    private readonly LoneBoxOptions _options;
    private ChildProcess? _child;

    private LoneBox(LoneBoxOptions options, int port, string key)
    {
        _options = options;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2) }) { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = TimeSpan.FromSeconds(10) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Where it records.</summary>
    public string Recordings => Path.Combine(_options.Folder, "recordings");

    /// <summary>Its database and keys.</summary>
    public string Data => Path.Combine(_options.Folder, "data");

    /// <summary>Its log.</summary>
    public string LogFile => _options.LogFile;

    /// <summary>Process id; null while it does not run.</summary>
    public int? Pid => _child is { HasExited: false } child ? child.Pid : null;

    /// <summary>Configures a box for all cameras of the simulator, which is prepared or runs; the box does not run yet.</summary>
    public static Task<LoneBox> CreateAsync(string folder, CameraSimulator simulator, int segmentSeconds, CancellationToken cancellation) =>
        CreateAsync(new LoneBoxOptions(folder, segmentSeconds), simulator, cancellation);

    /// <summary>Configures a box; it does not run yet.</summary>
    public static async Task<LoneBox> CreateAsync(LoneBoxOptions options, CameraSimulator simulator, CancellationToken cancellation)
    {
        int port = Ports.Free();
        var stack = new StackOptions(options.Folder) { Sites = 1, SegmentSeconds = options.SegmentSeconds };
        Directory.CreateDirectory(options.Folder);
        string config = ConfigFile(options.Folder);
        string text = BoxConfig.Text(
            stack, Site.Number(0), port, fleet: null, token: null, (options.Cameras ?? simulator.Cameras).Select(camera => (camera, simulator.Url(camera))), simulator.Credentials, simulator.CertificateSha256, simulator.ReplayUrl);
        StackFolder.Write(config, text + options.Extra);
        ToolResult made = await Tool.RunAsync(Build.Edge, ["keys", "add", "--config", config, "--name", "heldar-local"], cancellation);
        return new LoneBox(options, port, made.OutputOrThrow("heldar-edge keys add").Trim().Split('\n')[^1].Trim());
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <exception cref="ProcessException">It ended or did not get ready in time.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        _child = await ChildProcess.StartAsync(
            new ChildSpec("box", Build.Edge, ["--config", ConfigFile(_options.Folder)], _options.LogFile) { WorkingDirectory = _options.Folder, Environment = _options.Environment });
        await Readiness.WaitAsync("the box is ready", ReadyAsync, TimeSpan.FromSeconds(60), _child, cancellation);
    }

    /// <summary>True when it says that it can do its work; throws with the cause otherwise.</summary>
    public Task<bool> ReadyAsync(CancellationToken cancellation) => Probe.OkAsync(_http.BaseAddress!, "/readyz", cancellation);

    /// <summary>Its settings file, to be changed before <see cref="Reload"/>.</summary>
    public string Settings => ConfigFile(_options.Folder);

    /// <summary>Tells the running box to read its settings file again.</summary>
    public void Reload() => Signals.Send(_child?.Pid ?? throw new ProcessException("the box does not run"), Signals.HangUp);

    /// <summary>SIGKILL; returns a moment at which it surely wrote nothing more.</summary>
    public async Task<DateTimeOffset> KillAsync()
    {
        if (_child is not { HasExited: false } child) throw new ProcessException($"the box does not run any more; {LogTail.Describe(_options.LogFile)}");
        await child.KillAsync();
        DateTimeOffset dead = TimeProvider.System.GetUtcNow();
        await child.DisposeAsync();
        _child = null;
        return dead;
    }

    /// <summary>Waits until it ends by itself; its exit code, or null when it still runs.</summary>
    public async Task<int?> EndedAsync(TimeSpan limit, CancellationToken cancellation)
    {
        if (_child is not { } child) throw new ProcessException("the box was not started");
        await child.WaitForExitAsync(cancellation).WaitAsync(limit, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
        if (!child.HasExited) return null;
        int code = child.ExitCode;
        await child.DisposeAsync();
        _child = null;
        return code;
    }

    /// <summary>Stops it in order; false when it did not stop by itself and was killed.</summary>
    public async Task<bool> StopAsync()
    {
        bool inOrder = _child is not { } child || await child.StopAsync(TimeSpan.FromSeconds(15));
        if (_child is not null) await _child.DisposeAsync();
        _child = null;
        return inOrder;
    }

    /// <summary>What its index knows of a camera's last day, or of a range.</summary>
    public async Task<IReadOnlyList<BoxSegment>> SegmentsAsync(string camera, CancellationToken cancellation, DateTimeOffset? from = null, DateTimeOffset? to = null) =>
        await GetAsync<List<BoxSegment>>($"/api/v1/cameras/{camera}/segments{Range(from, to)}", cancellation);

    /// <summary>What it says is missing of a camera's last day, or of a range.</summary>
    public async Task<IReadOnlyList<BoxGap>> GapsAsync(string camera, CancellationToken cancellation, DateTimeOffset? from = null, DateTimeOffset? to = null) =>
        await GetAsync<List<BoxGap>>($"/api/v1/cameras/{camera}/gaps{Range(from, to)}", cancellation);

    /// <summary>Holds that stand.</summary>
    public async Task<IReadOnlyList<BoxHold>> HoldsAsync(CancellationToken cancellation) => await GetAsync<List<BoxHold>>("/api/v1/holds", cancellation);

    /// <summary>Holds a camera's footage as evidence.</summary>
    public async Task<BoxHold> HoldAsync(string camera, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await _http.PostAsJsonAsync("/api/v1/holds", new { CameraId = camera, From = Text(from), To = Text(to), Reason = "drill" }, Names, cancellation);
        if (!answer.IsSuccessStatusCode) throw new ProcessException($"POST /api/v1/holds: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellation)}");
        return (await answer.Content.ReadFromJsonAsync<BoxHold>(Names, cancellation))!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_child is { } child) await child.DisposeAsync();
        _child = null;
        _http.Dispose();
    }

    private static string ConfigFile(string folder) => Path.Combine(folder, "heldar.yaml");

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    private static string Range(DateTimeOffset? from, DateTimeOffset? to)
    {
        List<string> parts = [];
        if (from is { } begin) parts.Add("from=" + Text(begin));
        if (to is { } end) parts.Add("to=" + Text(end));
        return parts.Count == 0 ? "" : "?" + string.Join('&', parts);
    }

    private async Task<T> GetAsync<T>(string path, CancellationToken cancellation)
    {
        using HttpResponseMessage answer = await _http.GetAsync(new Uri(path, UriKind.Relative), cancellation);
        if (!answer.IsSuccessStatusCode) throw new ProcessException($"GET {path}: {(int)answer.StatusCode} {await answer.Content.ReadAsStringAsync(cancellation)}");
        return await answer.Content.ReadFromJsonAsync<T>(Names, cancellation) ?? throw new ProcessException($"GET {path}: null");
    }
}
