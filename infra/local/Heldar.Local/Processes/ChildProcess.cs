using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;

namespace Heldar.Local.Processes;

/// <summary>
/// One running child. It leads its own session, so that Ctrl-C in the terminal reaches only this program, and it dies with this program even
/// under <c>kill -9</c> (parent-death signal). Safe to use from any thread.
/// </summary>
internal sealed class ChildProcess : IAsyncDisposable
{
    // Closes the gap between fork and prctl: when the parent is gone already, the child does not start at all. The log is opened before the user changes.
    private const string Shell = "[ \"$PPID\" = \"$1\" ] || exit 97; log=$2; shift 2; exec \"$@\" >>\"$log\" 2>&1 </dev/null";

    private readonly Process _process;

    private ChildProcess(ChildSpec spec, Process process, ProcessIdentity? identity, long logOffset)
    {
        LogOffset = logOffset;
        Spec = spec;
        _process = process;
        Identity = identity ?? new ProcessIdentity(process.Id, -1);
    }

    /// <summary>How it was started.</summary>
    public ChildSpec Spec { get; }

    /// <summary>Length of its log when it started: what comes after is its own.</summary>
    public long LogOffset { get; }

    /// <summary>Pid and start time.</summary>
    public ProcessIdentity Identity { get; }

    /// <summary>Process id.</summary>
    public int Pid => Identity.Pid;

    /// <summary>True once it ended.</summary>
    public bool HasExited => _process.HasExited;

    /// <summary>Exit code, or 128 + signal; valid once it ended.</summary>
    public int ExitCode => _process.ExitCode;

    /// <summary>Starts the child.</summary>
    /// <exception cref="ProcessException">setsid or setpriv (util-linux) is missing.</exception>
    public static async Task<ChildProcess> StartAsync(ChildSpec spec)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(spec.LogFile))!);
        var info = new ProcessStartInfo("setsid") { WorkingDirectory = spec.WorkingDirectory ?? Environment.CurrentDirectory };
        foreach (string argument in CommandLine(spec)) info.ArgumentList.Add(argument);
        foreach ((string name, string? value) in spec.Environment) info.Environment[name] = value;
        Directory.CreateDirectory(info.WorkingDirectory);
        var log = new FileInfo(spec.LogFile);
        long logOffset = log.Exists ? log.Length : 0;
        Process process;
        try
        {
            process = await SpawnThread.StartAsync(info);
        }
        catch (Win32Exception error)
        {
            throw new ProcessException($"cannot start {spec.Name}: setsid and setpriv are needed (apt-get install -y util-linux): {error.Message}", error);
        }

        return new ChildProcess(spec, process, ProcessIdentity.Of(process.Id), logOffset);
    }

    /// <summary>Waits until it ends.</summary>
    public Task WaitForExitAsync(CancellationToken cancellation) => _process.WaitForExitAsync(cancellation);

    /// <summary>Asks it to stop, waits up to <paramref name="grace"/>, then kills its whole group. False when it had to be killed.</summary>
    public async Task<bool> StopAsync(TimeSpan grace)
    {
        if (_process.HasExited) return true;
        Identity.Signal(Spec.StopSignal);
        using var limit = new CancellationTokenSource(grace);
        try
        {
            await _process.WaitForExitAsync(limit.Token);
            return true;
        }
        catch (OperationCanceledException)
        {
            await KillAsync();
            return false;
        }
    }

    /// <summary>SIGKILL to the child and its group, then waits until it is gone.</summary>
    public async Task KillAsync()
    {
        Identity.SignalGroup(Signals.Kill);
        await _process.WaitForExitAsync(CancellationToken.None);
    }

    /// <summary>Stops it (5 s, then SIGKILL).</summary>
    public async ValueTask DisposeAsync()
    {
        await StopAsync(TimeSpan.FromSeconds(5));
        _process.Dispose();
    }

    private static IEnumerable<string> CommandLine(ChildSpec spec)
    {
        yield return "setpriv";
        yield return "--pdeathsig";
        yield return spec.DeathSignal;
        yield return "sh";
        yield return "-c";
        yield return Shell;
        yield return "sh";
        yield return Environment.ProcessId.ToString(CultureInfo.InvariantCulture);
        yield return Path.GetFullPath(spec.LogFile);
        if (spec.User is { } user)
        {
            // Changing the user clears the parent-death signal, so it is set again.
            string[] become = ["setpriv", $"--reuid={user}", $"--regid={user}", "--init-groups", "--pdeathsig", spec.DeathSignal];
            foreach (string word in become) yield return word;
        }

        if (!spec.File.Contains('=', StringComparison.Ordinal))
        {
            // Whoever was started by nohup or in the background ignores SIGHUP or SIGINT, and so would its children; env takes a name with "=" for a variable.
            yield return "env";
            yield return "--default-signal";
        }

        yield return spec.File;
        foreach (string argument in spec.Arguments) yield return argument;
    }
}
