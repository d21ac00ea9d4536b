using System.ComponentModel;
using System.Diagnostics;
using Heldar.Edge.Settings;

namespace Heldar.Edge.Doctor;

/// <summary>
/// Looks at what the service may do: it is confined more than a shell of its user, so that a folder which can be written by hand may be read-only for it.
/// Silent where there is no systemd, no installed unit, or where the unit runs another settings file.
/// </summary>
internal static class ServiceExam
{
    private const string Check = "service";
    private const string Unit = "heldar-edge.service";
    private const string State = "/var/lib/";
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    /// <summary>What systemd says of the unit, as <c>systemctl show</c> prints it; null when nobody answers.</summary>
    public static async Task<string?> AskAsync(CancellationToken cancellation)
    {
        using var late = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        late.CancelAfter(Patience);
        Process? process = null;
        try
        {
            process = Process.Start(new ProcessStartInfo("systemctl", ["show", Unit, "--property=ExecStart,User,ProtectSystem,ReadWritePaths,StateDirectory"])
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
                UseShellExecute = false,
            });
            if (process is null) return null;
            var text = await process.StandardOutput.ReadToEndAsync(late.Token);
            await process.WaitForExitAsync(late.Token);
            return process.ExitCode == 0 ? text : null;
        }
        catch (Exception e) when (e is Win32Exception or IOException || (e is OperationCanceledException && !cancellation.IsCancellationRequested))
        {
            return null;
        }
        finally
        {
            if (process is { HasExited: false }) process.Kill();
            process?.Dispose();
        }
    }

    /// <param name="settings">What the box writes to.</param>
    /// <param name="unit">Text of <see cref="AskAsync"/>.</param>
    /// <param name="user">Who runs this examination.</param>
    public static IEnumerable<Finding> Look(BoxSettings settings, string unit, string user)
    {
        var properties = unit.Split('\n').Select(line => line.Split('=', 2)).Where(p => p.Length == 2).GroupBy(p => p[0], StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.Last()[1], StringComparer.Ordinal);
        string Property(string name) => properties.GetValueOrDefault(name, "");
        if (!Property("ExecStart").Split(' ').Contains(settings.File, StringComparer.Ordinal)) yield break;

        if (Property("User") is { Length: > 0 } runs && runs != user)
        {
            yield return Finding.Warning(
                Check, $"this was run as {user}, the service is {runs}", "what one user may read and write, the other may not", $"runuser -u {runs} -- heldar-edge doctor --config {settings.File}");
        }

        if (Property("ProtectSystem") != "strict") yield break;
        List<string> open =
        [
            .. Property("StateDirectory").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(name => State + name),
            .. Property("ReadWritePaths").Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(path => path.TrimStart('-', '+')),
        ];
        foreach (var folder in settings.Recording.AllVolumes.Select(v => v.Path).Prepend(settings.DataFolder).Distinct(StringComparer.Ordinal))
        {
            yield return open.Exists(o => folder == o || folder.StartsWith(o.TrimEnd('/') + "/", StringComparison.Ordinal))
                ? Finding.Ok(Check, $"the service may write to {folder}")
                : Finding.Failure(Check, $"the service may not write to {folder}", "the service sees all folders read-only but its own (ProtectSystem=strict)", $"systemctl edit heldar-edge, and put in: [Service] newline ReadWritePaths={folder}");
        }
    }
}
