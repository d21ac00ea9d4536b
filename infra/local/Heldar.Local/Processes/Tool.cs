using System.Diagnostics;
using System.Text;

namespace Heldar.Local.Processes;

/// <summary>Result of a short-lived program.</summary>
internal sealed record ToolResult(int ExitCode, string Output, string Error)
{
    /// <summary>Standard output when it succeeded.</summary>
    /// <exception cref="ProcessException">It did not; the message ends with its last lines.</exception>
    public string OutputOrThrow(string what) => ExitCode == 0
        ? Output
        : throw new ProcessException($"{what} failed with code {ExitCode}:{Environment.NewLine}{Tail(Error.Length > 0 ? Error : Output)}");

    private static string Tail(string text) => string.Join(Environment.NewLine, text.Split('\n', StringSplitOptions.RemoveEmptyEntries).TakeLast(15).Select(line => "    " + line));
}

/// <summary>Runs short-lived programs to their end. They die with this program.</summary>
internal static class Tool
{
    private const int MaxCharacters = 16 * 1024 * 1024;

    /// <summary>Runs and captures (at most 16 Mi characters of each stream).</summary>
    public static async Task<ToolResult> RunAsync(string file, IEnumerable<string> arguments, CancellationToken cancellation, IReadOnlyDictionary<string, string?>? environment = null, string? folder = null, Action<string>? onLine = null)
    {
        var info = new ProcessStartInfo("setpriv") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder ?? Environment.CurrentDirectory };
        string[] head = ["--pdeathsig", "KILL", file];
        foreach (string argument in head.Concat(arguments)) info.ArgumentList.Add(argument);
        foreach ((string name, string? value) in environment ?? new Dictionary<string, string?>()) info.Environment[name] = value;
        using Process process = await SpawnThread.StartAsync(info);
        process.StandardInput.Close();
        Task<string> output = ReadAsync(process.StandardOutput, onLine, cancellation);
        Task<string> error = ReadAsync(process.StandardError, onLine, cancellation);
        try
        {
            await process.WaitForExitAsync(cancellation);
            return new ToolResult(process.ExitCode, await output, await error);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw;
        }
    }

    /// <summary>Runs with this program's own input and output; returns its exit code.</summary>
    public static async Task<int> PassThroughAsync(string file, IEnumerable<string> arguments, CancellationToken cancellation)
    {
        var info = new ProcessStartInfo("setpriv") { UseShellExecute = false };
        string[] head = ["--pdeathsig", "TERM", file];
        foreach (string argument in head.Concat(arguments)) info.ArgumentList.Add(argument);
        using Process process = await SpawnThread.StartAsync(info);
        try
        {
            await process.WaitForExitAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C reaches the whole foreground group; a bounded wait lets the child end what it started.
            using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(20));
            ProcessIdentity.Of(process.Id)?.Signal(Signals.Terminate);
            await process.WaitForExitAsync(limit.Token);
        }

        return process.ExitCode;
    }

    /// <summary>Full path of a program in PATH (or in the system folders that a minimal PATH leaves out), or null.</summary>
    public static string? Find(string name) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);

    private static async Task<string> ReadAsync(StreamReader reader, Action<string>? onLine, CancellationToken cancellation)
    {
        var text = new StringBuilder();
        while (await reader.ReadLineAsync(cancellation) is { } line)
        {
            if (text.Length < MaxCharacters) text.Append(line).Append('\n');
            onLine?.Invoke(line);
        }

        return text.ToString();
    }
}
