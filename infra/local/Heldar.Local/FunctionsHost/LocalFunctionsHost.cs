using Azure.Storage.Queues;
using Heldar.Local.Processes;
using NodaTime;

namespace Heldar.Local.FunctionsHost;

/// <summary>What the host runs.</summary>
/// <param name="App">Folder with host.json and the functions' folders.</param>
/// <param name="Log">File that the handler's output is appended to.</param>
internal sealed record FunctionsHostOptions(string App, string Log)
{
    /// <summary>App settings; the environment by default.</summary>
    public Func<string, string?> Variable { get; init; } = Environment.GetEnvironmentVariable;

    /// <summary>Names the app in lock and status blobs: hosts of the same id share timers.</summary>
    public string HostId { get; init; } = "heldar-local";
}

/// <summary>
/// A Functions host for local use: reads host.json and function.json, starts the custom handler and drives it as the real host does, so that what works here works
/// there. It models queue and timer triggers without output bindings, and refuses what it does not model.
/// </summary>
internal static class LocalFunctionsHost
{
    /// <summary>The line that says it listens.</summary>
    public const string ReadyLine = "functions host is ready";

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(8);

    /// <summary>Runs until <paramref name="stopping"/>; returns the exit code: 0 when stopped, 1 when the handler failed too often.</summary>
    public static async Task<int> RunAsync(FunctionsHostOptions options, IClock clock, TimeProvider time, Action<string> say, CancellationToken stopping)
    {
        var app = Path.GetFullPath(options.App);
        var settings = HostSettings.Read(app, options.Variable);
        var functions = FunctionFile.ReadAll(app, options.Variable);
        if (functions.Count == 0) throw new ProcessException($"no function.json below {app}");
        using var handlerPool = new SocketsHttpHandler { UseCookies = false, PooledConnectionIdleTimeout = TimeSpan.FromMinutes(1), ConnectTimeout = TimeSpan.FromSeconds(5) };
        using var http = new HttpClient(handlerPool, disposeHandler: false) { Timeout = settings.FunctionTimeout + TimeSpan.FromMinutes(1) };
        await using var handler = new HandlerProcess(settings, app, options.Log, http, clock, say);
        using var work = new CancellationTokenSource();
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var ready = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var supervising = handler.RunAsync(ready, ending.Token);
        if (await Task.WhenAny(ready.Task, supervising) == supervising) return await EndAsync(supervising);

        var invoker = new Invoker(settings, handler, http, time, say);
        var listeners = functions.Select(f => Listener(f, options, settings, invoker, clock, time, say)(ending.Token, work.Token)).ToList();
        say($"{ReadyLine}: {string.Join(", ", functions.Select(f => f.Queue is null ? $"{f.Name} (timer)" : $"{f.Name} ({f.Queue})"))}");
        await Task.WhenAny(Task.Delay(Timeout.Infinite, ending.Token), supervising);

        await ending.CancelAsync();
        work.CancelAfter(Grace);
        await Task.WhenAll(listeners);
        return stopping.IsCancellationRequested ? 0 : await EndAsync(supervising);
    }

    private static async Task<int> EndAsync(Task supervising)
    {
        try
        {
            await supervising;
            return 1;
        }
        catch (OperationCanceledException)
        {
            return 0;
        }
    }

    private static Func<CancellationToken, CancellationToken, Task> Listener(
        FunctionFile function, FunctionsHostOptions options, HostSettings settings, Invoker invoker, IClock clock, TimeProvider time, Action<string> say)
    {
        var connection = function.Queue is null ? "HELDAR_STORAGE" : function.Connection;
        var storage = options.Variable(connection) ?? throw new ProcessException($"app setting {connection} is not set: {function.Name} needs the storage account's connection string there");
        if (function.Queue is null) return new TimerListener(function, new TimerBlobs(storage, options.HostId, function.Name), invoker, clock, time, say).RunAsync;
        var account = new QueueServiceClient(storage, new QueueClientOptions(QueueClientOptions.ServiceVersion.V2021_02_12) { MessageEncoding = QueueMessageEncoding.None, Retry = { MaxRetries = 1, NetworkTimeout = TimeSpan.FromSeconds(15) }, Diagnostics = { IsLoggingEnabled = false, IsDistributedTracingEnabled = false, IsTelemetryEnabled = false } });
        return new QueueListener(function, account, settings, invoker, clock, time, say).RunAsync;
    }
}
