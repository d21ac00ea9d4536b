using Heldar.Local.Processes;

namespace Heldar.Local.Prerequisites;

/// <summary>The Debian packages that parts of the emulator need.</summary>
internal static class DebianPackages
{
    /// <summary>Needed by every command that starts services.</summary>
    public static IReadOnlyList<string> Run { get; } =
    [
        "ffmpeg", "postgresql", "util-linux", "python3-gi", "gir1.2-gst-rtsp-server-1.0", "gir1.2-gst-plugins-base-1.0",
        "gstreamer1.0-plugins-base", "gstreamer1.0-plugins-good", "gstreamer1.0-plugins-bad", "gstreamer1.0-tools", "glib-networking",
    ];

    /// <summary>Needed by the tests on top: a browser, and tools for a box in a network of its own.</summary>
    public static IReadOnlyList<string> Test { get; } = [.. Run, "chromium", "fonts-dejavu-core", "socat", "iproute2", "openssl"];

    /// <summary>
    /// Installs what is missing when this is root; otherwise says which command installs it.
    /// </summary>
    /// <exception cref="ProcessException">Something is missing and could not be installed; the message names the command.</exception>
    public static async Task EnsureAsync(IReadOnlyList<string> wanted, Action<string> progress, CancellationToken cancellation)
    {
        if (Tool.Find("node") is null || Tool.Find("npm") is null)
            throw new ProcessException("Node.js 20 or newer with npm is not installed: see https://nodejs.org, or 'apt-get install nodejs npm' where Debian's is new enough");
        if (Tool.Find("dpkg-query") is null)
        {
            if (Tool.Find("ffmpeg") is null || Tool.Find("setpriv") is null)
                throw new ProcessException($"this is not Debian or Ubuntu: install the counterparts of {string.Join(' ', wanted)} yourself");
            return;
        }

        var missing = await MissingAsync(wanted, cancellation);
        if (missing.Count == 0) return;
        var command = $"apt-get update && apt-get install -y --no-install-recommends {string.Join(' ', missing)}";
        if (!Environment.IsPrivilegedProcess) throw new ProcessException($"missing packages; as root: {command}");
        progress($"installing {string.Join(' ', missing)}");
        using var one = await FileLock.TakeAsync(Path.Combine(Path.GetTempPath(), "heldar-apt.lock"), cancellation);
        await InstallAsync(missing, cancellation);
    }

    /// <summary>Those of the packages that dpkg does not have installed.</summary>
    public static async Task<IReadOnlyList<string>> MissingAsync(IReadOnlyList<string> wanted, CancellationToken cancellation)
    {
        // dpkg-query exits 1 when it does not know one of the names; its output is right all the same.
        var known = await Tool.RunAsync("dpkg-query", ["-W", "-f=${Package} ${db:Status-Status}\n", .. wanted], cancellation);
        var installed = known.Output.Split('\n').Where(l => l.EndsWith(" installed", StringComparison.Ordinal)).Select(l => l.Split(' ')[0]).ToHashSet(StringComparer.Ordinal);
        return [.. wanted.Where(p => !installed.Contains(p))];
    }

    private static async Task InstallAsync(IReadOnlyList<string> packages, CancellationToken cancellation)
    {
        Dictionary<string, string?> quiet = new() { ["DEBIAN_FRONTEND"] = "noninteractive" };
        using var guard = ServiceGuard.Take();
        (await Tool.RunAsync("apt-get", ["update", "-qq"], cancellation, quiet)).OutputOrThrow("apt-get update");
        (await Tool.RunAsync("apt-get", ["install", "-y", "-qq", "--no-install-recommends", .. packages], cancellation, quiet)).OutputOrThrow("apt-get install");
    }
}
