using System.Net.Http.Headers;
using System.Net.Http.Json;
using Heldar.Contracts;
using Heldar.Local.Cameras;
using Heldar.Local.Processes;

namespace Heldar.Local.Emulator;

/// <summary>A segment as the box's API tells it.</summary>
/// <param name="Id">Its id.</param>
/// <param name="Open">Still being recorded.</param>
/// <param name="Sha256">Of the whole file; null while it is open.</param>
internal sealed record BoxSegment(Guid Id, bool Open, string? Sha256);

/// <summary>The real box program without a cloud, recording simulated cameras: for drills and tests that stop and kill it. One caller at a time.</summary>
internal sealed class LoneBox : IAsyncDisposable
{
    private readonly HttpClient _http;
    private readonly string _folder;
    private ChildProcess? _child;

    private LoneBox(string folder, int port, string key)
    {
        _folder = folder;
        _http = new HttpClient(new SocketsHttpHandler { UseProxy = false, ConnectTimeout = TimeSpan.FromSeconds(2) }) { BaseAddress = new Uri($"http://127.0.0.1:{port}/"), Timeout = TimeSpan.FromSeconds(10) };
        _http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", key);
    }

    /// <summary>Where it records.</summary>
    public string Recordings => Path.Combine(_folder, "recordings");

    /// <summary>Configures a box for all cameras of the simulator, which is prepared or runs; the box does not run yet.</summary>
    public static async Task<LoneBox> CreateAsync(string folder, CameraSimulator simulator, int segmentSeconds, CancellationToken cancellation)
    {
        int port = Ports.Free();
        var options = new StackOptions(folder) { Sites = 1, SegmentSeconds = segmentSeconds };
        Directory.CreateDirectory(folder);
        StackFolder.Write(ConfigFile(folder), BoxConfig.Text(options, Site.Number(0), port, fleet: null, token: null, simulator.Cameras.Select(camera => (camera, simulator.Url(camera))), simulator.Credentials, simulator.CertificateSha256));
        ToolResult made = await Tool.RunAsync(Build.Edge, ["keys", "add", "--config", ConfigFile(folder), "--name", "heldar-local"], cancellation);
        return new LoneBox(folder, port, made.OutputOrThrow("heldar-edge keys add").Trim().Split('\n')[^1].Trim());
    }

    /// <summary>Starts it and waits until it is ready.</summary>
    /// <exception cref="ProcessException">It ended or did not get ready in time.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        _child = await ChildProcess.StartAsync(new ChildSpec("box", Build.Edge, ["--config", ConfigFile(_folder)], Path.Combine(_folder, "box.log")) { WorkingDirectory = _folder });
        await Readiness.WaitAsync("the box is ready", token => Probe.OkAsync(_http.BaseAddress!, "/readyz", token), TimeSpan.FromSeconds(60), _child, cancellation);
    }

    /// <summary>SIGKILL; returns a moment at which it surely wrote nothing more.</summary>
    public async Task<DateTimeOffset> KillAsync()
    {
        if (_child is not { HasExited: false } child) throw new ProcessException($"the box does not run any more; {LogTail.Describe(Path.Combine(_folder, "box.log"))}");
        await child.KillAsync();
        DateTimeOffset dead = TimeProvider.System.GetUtcNow();
        await child.DisposeAsync();
        _child = null;
        return dead;
    }

    /// <summary>Stops it in order.</summary>
    public async Task StopAsync()
    {
        if (_child is { } child) await child.StopAsync(TimeSpan.FromSeconds(15));
        _child = null;
    }

    /// <summary>What its index knows of a camera's last day.</summary>
    public async Task<IReadOnlyList<BoxSegment>> SegmentsAsync(string camera, CancellationToken cancellation) =>
        await _http.GetFromJsonAsync<List<BoxSegment>>($"/api/v1/cameras/{camera}/segments", HeldarJson.Options, cancellation) ?? [];

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        if (_child is { } child) await child.DisposeAsync();
        _child = null;
        _http.Dispose();
    }

    private static string ConfigFile(string folder) => Path.Combine(folder, "heldar.yaml");
}
