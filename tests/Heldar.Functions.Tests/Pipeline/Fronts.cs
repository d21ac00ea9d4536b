using System.Globalization;
using Heldar.Cloud.Secrets;
using Heldar.Local;
using Heldar.Local.Emulator;
using Heldar.Local.FunctionsHost;
using Heldar.Local.Processes;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>The real program, driven through one of its fronts, on one test's cloud.</summary>
internal sealed class RunningFront : IAsyncDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly string _folder = TemporaryFolder.Create("front");
    private ChildProcess? _worker;
    private Task<int>? _host;

    /// <summary>What the host said.</summary>
    public System.Collections.Concurrent.ConcurrentQueue<string> Said { get; } = [];

    /// <summary>Front A: our Functions host in this process, the handler as a process of its own.</summary>
    public static async Task<RunningFront> HandlerAsync(Cloud cloud, IReadOnlyDictionary<string, string>? more = null)
    {
        var front = new RunningFront();
        var settings = Settings(cloud, more);
        // The handler inherits this process's environment, so the settings go through a small app of links with its own script.
        var app = front.App(settings);
        var options = new FunctionsHostOptions(app, Path.Combine(front._folder, "handler.log")) { Variable = name => settings.GetValueOrDefault(name), HostId = cloud.Shard };
        front._host = LocalFunctionsHost.RunAsync(options, SystemClock.Instance, TimeProvider.System, front.Said.Enqueue, front._stop.Token);
        await Cloud.UntilAsync("the host listens", () => Task.FromResult(front._host.IsCompleted || front.Said.Any(s => s.StartsWith(LocalFunctionsHost.ReadyLine, StringComparison.Ordinal))));
        Assert.False(front._host.IsCompleted, string.Join('\n', front.Said));
        front.Url = new Uri($"http://127.0.0.1:{front.Said.Last(s => s.StartsWith("handler started", StringComparison.Ordinal)).Split(' ')[^1]}/");
        return front;
    }

    /// <summary>Front B: the pull loop.</summary>
    public static async Task<RunningFront> WorkerAsync(Cloud cloud, IReadOnlyDictionary<string, string>? more = null)
    {
        var front = new RunningFront();
        var port = Ports.Free();
        var settings = Settings(cloud, more);
        front.Url = new Uri($"http://127.0.0.1:{port}/");
        settings["HELDAR_HEALTH_PORT"] = port.ToString(CultureInfo.InvariantCulture);
        front._worker = await ChildProcess.StartAsync(new ChildSpec("worker", Build.Functions, ["worker"], Path.Combine(front._folder, "worker.log")) { Environment = settings.ToDictionary(s => s.Key, s => (string?)s.Value) });
        await Readiness.WaitAsync("the worker is ready", token => Probe.OkAsync(front.Url, "/healthz", token), TimeSpan.FromSeconds(30), front._worker, TestContext.Current.CancellationToken);
        return front;
    }

    public static Task<RunningFront> StartAsync(string kind, Cloud cloud, IReadOnlyDictionary<string, string>? more = null) => kind == "handler" ? HandlerAsync(cloud, more) : WorkerAsync(cloud, more);

    /// <summary>Where the program itself listens.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>What the program logged so far.</summary>
    public string Log => File.ReadAllText(Path.Combine(_folder, _worker is null ? "handler.log" : "worker.log"));

    /// <summary>Pid of the handler that the host started.</summary>
    public int HandlerPid => int.Parse(Said.Last(s => s.StartsWith("handler started", StringComparison.Ordinal)).Split([' ', ','], StringSplitOptions.RemoveEmptyEntries)[3], CultureInfo.InvariantCulture);

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        if (_host is not null) await _host;
        if (_worker is not null) await _worker.DisposeAsync();
        _stop.Dispose();
        TemporaryFolder.Delete(_folder);
    }

    private static Dictionary<string, string> Settings(Cloud cloud, IReadOnlyDictionary<string, string>? more)
    {
        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["HELDAR_DATABASE"] = cloud.PipelineDatabase,
            ["HELDAR_STORAGE"] = cloud.Storage,
            ["HELDAR_SHARD"] = cloud.Shard,
            ["HELDAR_OUTGOING_LOOPBACK"] = "1",
            [SecretBox.Variable] = Cloud.SecretKeys,
        };
        foreach (var (name, value) in more ?? new Dictionary<string, string>()) settings[name] = value;
        return settings;
    }

    private string App(Dictionary<string, string> settings)
    {
        var source = Path.GetDirectoryName(Build.Functions)!;
        var app = Directory.CreateDirectory(Path.Combine(_folder, "app")).FullName;
        foreach (var function in Directory.EnumerateFiles(source, "function.json", SearchOption.AllDirectories))
        {
            var folder = Directory.CreateDirectory(Path.Combine(app, Path.GetFileName(Path.GetDirectoryName(function))!)).FullName;
            File.Copy(function, Path.Combine(folder, "function.json"));
        }

        File.Copy(Path.Combine(source, "host.json"), Path.Combine(app, "host.json"));
        var script = Path.Combine(app, "heldar-functions");
        File.WriteAllText(script, "#!/bin/sh\n" + string.Concat(settings.Select(s => $"export {s.Key}='{s.Value}'\n")) + $"exec '{Build.Functions}'\n");
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        return app;
    }
}
