using System.Diagnostics;
using Heldar.Local.Processes;

namespace Heldar.Local.Emulator;

/// <summary>What a service is doing.</summary>
internal enum ServiceState
{
    /// <summary>Not running, on purpose.</summary>
    Stopped,

    /// <summary>Running, not ready yet.</summary>
    Starting,

    /// <summary>Running and answering.</summary>
    Ready,

    /// <summary>It crashed and waits for its next start.</summary>
    BackOff,
}

/// <summary>
/// One supervised process: started, watched, and started again after a crash with a back-off of 1 to 30 s. One task owns it; the public calls may
/// come from any thread.
/// </summary>
/// <param name="name">Its name.</param>
/// <param name="port">The port that it listens on; 0 for none.</param>
/// <param name="spec">How to run it; called for each start.</param>
/// <param name="ready">Waits until it is ready.</param>
internal sealed class Service(string name, int port, Func<ChildSpec> spec, Func<ChildProcess, CancellationToken, Task> ready) : IAsyncDisposable
{
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(12);
    private readonly SemaphoreSlim _gate = new(1);
    private readonly CancellationTokenSource _end = new();
    private CancellationTokenSource? _watching;
    private Task _watch = Task.CompletedTask;
    private ChildProcess? _child;
    private long _startedAt;

    /// <summary>Its name.</summary>
    public string Name => name;

    /// <summary>What it is doing.</summary>
    public ServiceState State { get; private set; }

    /// <summary>Restarts after crashes.</summary>
    public int Restarts { get; private set; }

    /// <summary>The running process, or null.</summary>
    public ChildProcess? Child => _child;

    /// <summary>Time since its last start.</summary>
    public TimeSpan Uptime => _startedAt == 0 || _child is null ? TimeSpan.Zero : Stopwatch.GetElapsedTime(_startedAt);

    /// <summary>For run.json.</summary>
    public RunProcess Describe() => new(
        name, State.ToString(), port, _child is { HasExited: false } child ? child.Identity : null, TimeProvider.System.GetUtcNow().ToUnixTimeMilliseconds() - (long)Uptime.TotalMilliseconds, Restarts);

    /// <summary>Starts it and waits until it is ready; from then on it is restarted when it ends.</summary>
    /// <exception cref="ProcessException">It ended or did not get ready in time.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await _gate.WaitAsync(cancellation);
        try
        {
            if (_child is not null) return;
            await LaunchAsync(cancellation);
            _watching = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            _watch = WatchAsync(_watching.Token);
        }
        finally
        {
            _gate.Release();
        }
    }

    /// <summary>Stops it in order, bounded; it stays down until it is started again.</summary>
    public Task StopAsync(TimeSpan? grace = null) => EndAsync(async child => await child.StopAsync(grace ?? Grace));

    /// <summary>SIGKILL; it stays down until it is started again.</summary>
    public Task KillAsync() => EndAsync(child => child.KillAsync());

    /// <summary>Stops it.</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        await _end.CancelAsync();
        _end.Dispose();
        _watching?.Dispose();
        _gate.Dispose();
    }

    private async Task EndAsync(Func<ChildProcess, Task> end)
    {
        await _gate.WaitAsync(CancellationToken.None);
        try
        {
            if (_watching is not null) await _watching.CancelAsync();
            await _watch;
            if (_child is { } child)
            {
                await end(child);
                await child.DisposeAsync();
            }

            _child = null;
            Set(ServiceState.Stopped);
        }
        finally
        {
            _gate.Release();
        }
    }

    private async Task LaunchAsync(CancellationToken cancellation)
    {
        Set(ServiceState.Starting);
        LogFile.Rotate(spec().LogFile);
        ChildProcess child = await ChildProcess.StartAsync(spec());
        _child = child;
        _startedAt = Stopwatch.GetTimestamp();
        Set(ServiceState.Starting);
        await ready(child, cancellation);
        Set(ServiceState.Ready);
    }

    private async Task WatchAsync(CancellationToken cancellation)
    {
        var pause = TimeSpan.FromSeconds(1);
        while (!cancellation.IsCancellationRequested)
        {
            try
            {
                await _child!.WaitForExitAsync(cancellation);
                if (Uptime > TimeSpan.FromMinutes(1)) pause = TimeSpan.FromSeconds(1);
                Set(ServiceState.BackOff);
                await Task.Delay(pause, cancellation);
                pause = TimeSpan.FromSeconds(Math.Min(30, pause.TotalSeconds * 2));
                Restarts++;
                await LaunchAsync(cancellation);
            }
            catch (OperationCanceledException)
            {
                return;
            }
            catch (ProcessException)
            {
                // Not ready: when it still runs, it may yet get there; when it ended, the loop starts it again.
                Set(_child is { HasExited: false } ? ServiceState.Starting : ServiceState.BackOff);
            }
        }
    }

    private void Set(ServiceState state) => State = state;
}
