using Heldar.Local.Processes;

namespace Heldar.Local.Prerequisites;

/// <summary>The Debian packages that parts of the emulator need.</summary>
internal static class DebianPackages
{
    // A freshly started server often installs its own updates: wait for them. Seconds.
    private const string WaitForLock = "DPkg::Lock::Timeout=300";

    /// <summary>Needed by every command that starts services.</summary>
    public static IReadOnlyList<string> Run { get; } =
    [
        "ffmpeg", "postgresql", "util-linux", "python3-gi", "gir1.2-gst-rtsp-server-1.0", "gir1.2-gst-plugins-base-1.0",
        "gstreamer1.0-plugins-base", "gstreamer1.0-plugins-good", "gstreamer1.0-plugins-bad", "gstreamer1.0-tools", "glib-networking",
    ];

    /// <summary>Needed by the drills on top: a clock that can be moved, a disk that can be slow, a disk that can lose power.</summary>
    public static IReadOnlyList<string> Drill { get; } = [.. Run, "libfaketime", "python3-fusepy", "fuse3", "e2fsprogs", "mount"];

    /// <summary>Needed by the tests on top: a browser, tools for a box in a network of its own, promtool, a mail server, and what reads the unit of the service.</summary>
    public static IReadOnlyList<string> Test { get; } = [.. Drill, "chromium", "fonts-dejavu-core", "socat", "iproute2", "openssl", "prometheus", "python3-aiosmtpd", "systemd"];

    /// <summary>Installs what is missing when this is root; otherwise says which command installs it.</summary>
    /// <exception cref="ProcessException">Something is missing and could not be installed; the message names the command.</exception>
    public static async Task EnsureAsync(IReadOnlyList<string> wanted, Action<string> progress, CancellationToken cancellation) =>
        await InstallAsync(await CheckAsync(wanted, cancellation), progress, cancellation);

    /// <summary>Which of the packages have to be installed; nothing is changed yet.</summary>
    /// <exception cref="ProcessException">Something is missing that this program may not or cannot install; the message names all of it.</exception>
    public static async Task<IReadOnlyList<string>> CheckAsync(IReadOnlyList<string> wanted, CancellationToken cancellation)
    {
        bool debian = Tool.Find("dpkg-query") is not null;
        if (Tool.Find("setpriv") is null || (!debian && Tool.Find("ffmpeg") is null))
            throw new ProcessException($"this is not Debian or Ubuntu: install the counterparts of {string.Join(' ', wanted)} yourself");
        List<string> problems = [];
        if (await NodeJs.ProblemAsync(cancellation) is { } node) problems.Add(node);
        IReadOnlyList<string> missing = debian ? await MissingAsync(wanted, cancellation) : [];
        if (missing.Count > 0 && !Environment.IsPrivilegedProcess)
            problems.Add($"packages are missing. As root: apt-get update && apt-get install -y --no-install-recommends {string.Join(' ', missing)}");
        return problems.Count == 0 ? missing : throw new ProcessException(string.Join(Environment.NewLine + "heldar: ", problems));
    }

    /// <summary>Those of the packages that dpkg does not have installed.</summary>
    public static async Task<IReadOnlyList<string>> MissingAsync(IReadOnlyList<string> wanted, CancellationToken cancellation)
    {
        // dpkg-query exits 1 when it does not know one of the names; its output is right all the same.
        var known = await Tool.RunAsync("dpkg-query", ["-W", "-f=${Package} ${db:Status-Status}\n", .. wanted], cancellation);
        var installed = known.Output.Split('\n').Where(l => l.EndsWith(" installed", StringComparison.Ordinal)).Select(l => l.Split(' ')[0]).ToHashSet(StringComparer.Ordinal);
        return [.. wanted.Where(p => !installed.Contains(p))];
    }

    /// <summary>Installs the packages as root, one process of the machine at a time.</summary>
    /// <exception cref="ProcessException">apt-get failed; the message ends with its last lines.</exception>
    public static async Task InstallAsync(IReadOnlyList<string> packages, Action<string> progress, CancellationToken cancellation)
    {
        if (packages.Count == 0) return;
        progress($"installing {string.Join(' ', packages)}");
        using var one = await FileLock.TakeAsync(Path.Combine(Path.GetTempPath(), "heldar-apt.lock"), cancellation);
        Dictionary<string, string?> quiet = new() { ["DEBIAN_FRONTEND"] = "noninteractive" };
        using var guard = ServiceGuard.Take();

        // An earlier run that was interrupted leaves packages half configured, and apt-get refuses to go on.
        (await Tool.RunAsync("dpkg", ["--configure", "-a", "--force-confold"], cancellation, quiet)).OutputOrThrow("dpkg --configure -a");
        (await Tool.RunAsync("apt-get", ["update", "-qq", "-o", WaitForLock], cancellation, quiet)).OutputOrThrow("apt-get update");
        (await Tool.RunAsync("apt-get", ["install", "-y", "-qq", "--fix-broken", "--no-install-recommends", "-o", WaitForLock, .. packages], cancellation, quiet)).OutputOrThrow("apt-get install");
    }
}
