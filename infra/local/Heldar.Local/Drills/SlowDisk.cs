using Heldar.Local.Processes;

namespace Heldar.Local.Drills;

/// <summary>
/// A folder seen through FUSE (<c>slowdisk.py</c>): a disk that can be slow, hang or fail. Needs root. Unmounts what it mounted, also after a failure, and nothing else.
/// </summary>
internal sealed class SlowDisk : IAsyncDisposable
{
    private readonly string _folder;
    private readonly string _control;
    private readonly ChildProcess _child;

    private SlowDisk(string folder, string control, ChildProcess child) => (_folder, _control, _child) = (folder, control, child);

    /// <summary>Why this machine cannot do it, or null.</summary>
    public static string? Obstacle => !Environment.IsPrivilegedProcess ? "mounting FUSE needs root" : File.Exists("/dev/fuse") ? null : "this machine has no FUSE (/dev/fuse)";

    /// <summary>Mounts; what is written lands in a folder beside.</summary>
    public static async Task<SlowDisk> CreateAsync(string folder, CancellationToken cancellation)
    {
        string backing = folder + ".backing", control = folder + ".control";
        Directory.CreateDirectory(folder);
        Directory.CreateDirectory(backing);
        await File.WriteAllTextAsync(control, "ok\n", cancellation);
        string script = Path.Combine(AppContext.BaseDirectory, "Drills", "slowdisk.py");
        var disk = new SlowDisk(folder, control, await ChildProcess.StartAsync(new ChildSpec("slowdisk", "/usr/bin/python3", ["-u", script, backing, folder, control], folder + ".log")));
        try
        {
            await Readiness.WaitAsync("the slow disk is mounted", _ => Task.FromResult(IsMounted(folder)), TimeSpan.FromSeconds(20), disk._child, cancellation);
            return disk;
        }
        catch
        {
            await disk.DisposeAsync();
            throw;
        }
    }

    /// <summary>It works as a disk should.</summary>
    public void Mend() => Set("ok");

    /// <summary>Each write takes longer.</summary>
    public void Slow(int milliseconds) => Set($"slow {milliseconds}");

    /// <summary>Writes wait until something else is said.</summary>
    public void Hang() => Set("hang");

    /// <summary>Writes fail with EIO.</summary>
    public void Fail() => Set("fail");

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        Mend();
        if (IsMounted(_folder)) await Tool.RunAsync("umount", ["--lazy", _folder], CancellationToken.None);
        await _child.DisposeAsync();
    }

    private static bool IsMounted(string folder) => File.ReadLines("/proc/self/mounts").Any(line => line.Split(' ') is [_, var where, ..] && where == folder);

    private void Set(string line)
    {
        File.WriteAllText(_control + ".making", line + "\n");
        File.Move(_control + ".making", _control, overwrite: true);
    }
}
