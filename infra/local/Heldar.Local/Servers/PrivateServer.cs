using Heldar.Local.Processes;

namespace Heldar.Local.Servers;

/// <summary>A real server in a private folder that runs as one child of this program. Started again on the same folder and ports, it has its data. Not thread-safe.</summary>
internal abstract class PrivateServer : IAsyncDisposable
{
    /// <summary>The running server, or null.</summary>
    public ChildProcess? Child { get; private set; }

    /// <summary>How the server is run.</summary>
    public abstract ChildSpec Spec { get; }

    /// <summary>Prepares what is missing, starts the server and waits until it answers.</summary>
    /// <exception cref="ProcessException">It is not installed or does not start.</exception>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await PrepareAsync(cancellation);
        Child = await ChildProcess.StartAsync(Spec);
        await WaitUntilReadyAsync(Child, cancellation);
    }

    /// <summary>Makes what <see cref="Spec"/> needs; does nothing when it is there.</summary>
    public abstract Task PrepareAsync(CancellationToken cancellation);

    /// <summary>Waits until the server answers, or <paramref name="child"/> has ended.</summary>
    public abstract Task WaitUntilReadyAsync(ChildProcess? child, CancellationToken cancellation);

    /// <summary>An orderly stop that keeps all data; kills after 10 s.</summary>
    public async Task StopAsync()
    {
        if (Child is { } child) await child.StopAsync(TimeSpan.FromSeconds(10));
        Child = null;
    }

    /// <summary>SIGKILL, as a crash does it: what was not written yet is lost.</summary>
    public async Task KillAsync()
    {
        if (Child is { } child) await child.KillAsync();
        Child = null;
    }

    /// <summary>Stops the server; the folder stays.</summary>
    public async ValueTask DisposeAsync() => await StopAsync();
}
