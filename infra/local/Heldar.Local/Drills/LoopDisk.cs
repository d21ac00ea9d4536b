using System.Runtime.InteropServices;
using Heldar.Local.Processes;
using Microsoft.Win32.SafeHandles;

namespace Heldar.Local.Drills;

/// <summary>
/// An ext4 file system of its own in a file, mounted through a loop device: it can be filled up, and it can lose power. Needs root. Unmounts what it mounted, also
/// after a failure, and nothing else.
/// </summary>
internal sealed class LoopDisk : IAsyncDisposable
{
    // EXT4_IOC_SHUTDOWN with EXT4_GOING_FLAGS_NOLOGFLUSH (fs/ext4/ext4.h): the journal is dropped as it is, nothing more is written.
    private const uint Shutdown = 0x8004587d;
    private const uint NoLogFlush = 2;
    private readonly string _image;
    private bool _mounted;

    private LoopDisk(string image, string folder) => (_image, Folder) = (image, folder);

    /// <summary>Where it is mounted.</summary>
    public string Folder { get; }

    /// <summary>Why this machine cannot do it, or null.</summary>
    public static string? Obstacle => !Environment.IsPrivilegedProcess ? "loop devices need root" : File.Exists("/dev/loop-control") ? null : "this machine has no loop devices (/dev/loop-control)";

    /// <summary>Makes the file system and mounts it.</summary>
    public static async Task<LoopDisk> CreateAsync(string folder, int megabytes, CancellationToken cancellation)
    {
        Directory.CreateDirectory(folder);
        string image = folder + ".img";
        using (var file = File.OpenHandle(image, FileMode.Create, FileAccess.Write)) RandomAccess.SetLength(file, (long)megabytes << 20);
        (await Tool.RunAsync("mkfs.ext4", ["-q", "-F", "-m", "0", image], cancellation)).OutputOrThrow("mkfs.ext4");
        var disk = new LoopDisk(image, folder);
        await disk.MountAsync(cancellation);
        return disk;
    }

    /// <summary>Mounts it again; the kernel replays its journal.</summary>
    public async Task MountAsync(CancellationToken cancellation)
    {
        (await Tool.RunAsync("mount", ["-o", "loop,noatime", _image, Folder], cancellation)).OutputOrThrow("mount -o loop");
        _mounted = true;
    }

    /// <summary>Brings everything that is there now to the disk.</summary>
    public async Task SyncAsync(CancellationToken cancellation) => (await Tool.RunAsync("sync", ["-f", Folder], cancellation)).OutputOrThrow("sync -f");

    /// <summary>
    /// Cuts the power: from now on nothing reaches the disk, and what was not synced is lost. Writes a canary immediately before, which nobody syncs.
    /// </summary>
    /// <returns>The moment of the cut.</returns>
    public DateTimeOffset CutPower(string canary)
    {
        using SafeFileHandle anchor = File.OpenHandle(Path.Combine(Folder, "anchor"), FileMode.OpenOrCreate, FileAccess.ReadWrite);
        using SafeFileHandle unsynced = File.OpenHandle(canary, FileMode.Create, FileAccess.Write);
        RandomAccess.Write(unsynced, new byte[65536], 0);
        uint flags = NoLogFlush;
        int result = Ioctl(anchor, Shutdown, ref flags);
        DateTimeOffset at = TimeProvider.System.GetUtcNow();
        return result == 0 ? at : throw new ProcessException($"the ext4 shutdown ioctl failed with error {Marshal.GetLastPInvokeError()}");
    }

    /// <summary>Unmounts it.</summary>
    public async Task UnmountAsync()
    {
        if (!_mounted) return;
        ToolResult done = await Tool.RunAsync("umount", [Folder], CancellationToken.None);
        if (done.ExitCode != 0) (await Tool.RunAsync("umount", ["--lazy", Folder], CancellationToken.None)).OutputOrThrow($"umount {Folder} ({done.Error.Trim()})");
        _mounted = false;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await UnmountAsync();
        File.Delete(_image);
    }

    [DllImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Ioctl(SafeFileHandle file, uint request, ref uint argument);
}
