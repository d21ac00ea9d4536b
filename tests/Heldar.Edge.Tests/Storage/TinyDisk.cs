using System.Diagnostics;

namespace Heldar.Edge.Tests.Storage;

/// <summary>A disk of its own: a small ext4 in a file, mounted by a loop device. Only where the tests may mount.</summary>
internal sealed class TinyDisk : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    private TinyDisk(int mib)
    {
        Directory.CreateDirectory(Path);
        using (var image = new FileStream(Image, FileMode.CreateNew)) image.SetLength((long)mib << 20);
        Run("mkfs.ext4", "-q", "-F", "-m", "0", Image);
        Mount();
    }

    public string Path => _folder.File("mnt");

    private string Image => _folder.File("disk.img");

    /// <summary>A disk, or a skip that says what is missing.</summary>
    public static TinyDisk Create(int mib)
    {
        if (!OperatingSystem.IsLinux() || Environment.UserName != "root" || !File.Exists("/dev/loop-control")) Assert.Skip("mounting a disk image needs root and loop devices");
        return new TinyDisk(mib);
    }

    public void Mount(string options = "loop") => Run("mount", "-o", options, Image, Path);

    /// <summary>The disk is pulled: files that are open go on into nothing.</summary>
    public void Pull() => Run("umount", "-l", Path);

    /// <summary>The disk hangs: whoever writes to it waits until <see cref="Thaw"/>, and reading still works.</summary>
    public void Freeze() => Run("fsfreeze", "-f", Path);

    public void Thaw() => Start("fsfreeze", "-u", Path);

    /// <summary>False while somebody has files of it open.</summary>
    public bool TryUnmount() => Start("umount", Path).Code == 0;

    public void Unmount() => Run("umount", Path);

    /// <summary>Every write fails from now on, and what was not synced is lost: the ioctl that file system tests use.</summary>
    public void Break() =>
        Run("python3", "-c", "import fcntl,os,struct,sys\nfcntl.ioctl(os.open(sys.argv[1], os.O_RDONLY), 0x8004587d, struct.pack('I', 2))", Path);

    public void Dispose()
    {
        Thaw();
        Start("umount", "-l", Path);
        _folder.Dispose();
    }

    private static void Run(string tool, params string[] arguments)
    {
        var (code, errors) = Start(tool, arguments);
        Assert.True(code == 0, $"{tool} {string.Join(' ', arguments)}: {errors}");
    }

    private static (int Code, string Errors) Start(string tool, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(tool, arguments) { RedirectStandardError = true, RedirectStandardOutput = true, UseShellExecute = false })!;
        var errors = process.StandardError.ReadToEnd();
        process.WaitForExit();
        return (process.ExitCode, errors);
    }
}
