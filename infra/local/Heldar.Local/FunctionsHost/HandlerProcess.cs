using System.Globalization;
using Heldar.Local.Processes;
using NodaTime;

namespace Heldar.Local.FunctionsHost;

/// <summary>
/// The custom handler's process and the host's rules for it: free loopback port in FUNCTIONS_CUSTOMHANDLER_PORT, ready when GET / gets any answer; exit 0 is not
/// restarted, 200 is restarted, anything else is an error and restarted; three errors without 30 quiet minutes between them end the host. One process at a time.
/// </summary>
internal sealed class HandlerProcess(HostSettings settings, string app, string log, HttpClient http, IClock clock, Action<string> say) : IAsyncDisposable
{
    public const int CleanExit = 0;
    public const int RestartExit = 200;
    public const int MaxErrors = 3;
    private static readonly Duration Quiet = Duration.FromMinutes(30);
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(25);

    private readonly List<Instant> _errors = [];
    private ChildProcess? _child;
    private TaskCompletionSource _answering = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when invocations may be posted: at once while the handler runs (or will never run again), later while it restarts.</summary>
    public Task Answering => Volatile.Read(ref _answering).Task;

    /// <summary>Where the handler listens.</summary>
    public Uri Address { get; private set; } = new("http://127.0.0.1:1/");

    /// <summary>Pid of the running handler, or null.</summary>
    public int? Pid => _child is { HasExited: false } child ? child.Pid : null;

    /// <summary>Runs until cancelled. Returns when the host must end (three errors); a clean exit waits for cancellation, as nothing restarts it.</summary>
    public async Task RunAsync(TaskCompletionSource ready, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            await StartAsync(stopping);
            if (await AnswersAsync(stopping))
            {
                ready.TrySetResult();
                _answering.TrySetResult();
            }

            await _child!.WaitForExitAsync(stopping);
            var code = _child.ExitCode;
            if (code != CleanExit) Volatile.Write(ref _answering, new(TaskCreationOptions.RunContinuationsAsynchronously));
            say($"handler ended with code {code}");
            if (code == CleanExit)
            {
                say("exit code 0 counts as clean: the handler is not started again, every invocation will fail");
                await Task.Delay(Timeout.Infinite, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                return;
            }

            if (code != RestartExit && IsLastError(clock.GetCurrentInstant()))
            {
                say($"{MaxErrors} errors without 30 quiet minutes: the host stops");
                return;
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_child is null) return;
        await _child.StopAsync(TimeSpan.FromSeconds(10));
        await _child.DisposeAsync();
    }

    /// <summary>Counts an error; true for the one that ends the host.</summary>
    internal bool IsLastError(Instant now)
    {
        if (_errors.Count > 0 && now - _errors[^1] >= Quiet) _errors.Clear();
        _errors.Add(now);
        return _errors.Count >= MaxErrors;
    }

    private async Task StartAsync(CancellationToken stopping)
    {
        stopping.ThrowIfCancellationRequested();
        if (_child is not null) await _child.DisposeAsync();
        var port = Ports.Free().ToString(CultureInfo.InvariantCulture);
        Address = new Uri($"http://127.0.0.1:{port}/");
        var beside = Path.Combine(app, settings.Executable);
        _child = await ChildProcess.StartAsync(new ChildSpec("handler", File.Exists(beside) ? beside : settings.Executable, settings.Arguments, log)
        {
            WorkingDirectory = app,
            Environment = new Dictionary<string, string?>
            {
                ["FUNCTIONS_CUSTOMHANDLER_PORT"] = port,
                ["FUNCTIONS_HTTPWORKER_PORT"] = port,
                ["FUNCTIONS_CUSTOMHANDLER_WORKER_ID"] = Guid.NewGuid().ToString("D"),
                ["FUNCTIONS_APP_ROOT_PATH"] = app,
                ["FUNCTIONS_WORKER_RUNTIME"] = "custom",
            },
        });
        say($"handler started, pid {_child.Pid}, port {port}");
    }

    private async Task<bool> AnswersAsync(CancellationToken stopping)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        limit.CancelAfter(settings.InitializationTimeout);
        while (_child is { HasExited: false })
        {
            try
            {
                using var answer = await http.GetAsync(Address, limit.Token);
                return true;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(Poll, limit.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (!stopping.IsCancellationRequested)
            {
            }

            if (!limit.IsCancellationRequested || stopping.IsCancellationRequested) continue;
            say($"the handler did not answer within {settings.InitializationTimeout.TotalSeconds:0} s");
            await _child.KillAsync();
            return false;
        }

        return false;
    }
}
