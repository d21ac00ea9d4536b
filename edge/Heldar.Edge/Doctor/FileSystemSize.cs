using System.Runtime.InteropServices;

namespace Heldar.Edge.Doctor;

/// <summary>Room on a file system, as unprivileged users have it (statvfs(3)).</summary>
/// <param name="TotalBytes">Size.</param>
/// <param name="FreeBytes">Free for this user.</param>
/// <param name="Inodes">Files that it can hold; 0 where it does not count them.</param>
/// <param name="FreeInodes">Files that it can still take.</param>
internal sealed record FileSystemSize(long TotalBytes, long FreeBytes, long Inodes, long FreeInodes)
{
    /// <summary>Asks the system; null when the path cannot be asked about.</summary>
    public static FileSystemSize? Of(string path)
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess) return null;
        // struct statvfs of 64-bit glibc: f_bsize, f_frsize, f_blocks, f_bfree, f_bavail, f_files, f_ffree, f_favail, … in 112 bytes.
        var fields = new ulong[32];
        if (StatVfs(path, fields) != 0) return null;
        return new FileSystemSize(Bytes(fields[2], fields[1]), Bytes(fields[4], fields[1]), (long)Math.Min(fields[5], long.MaxValue), (long)Math.Min(fields[7], long.MaxValue));
    }

    private static long Bytes(ulong blocks, ulong size) => (long)UInt128.Min((UInt128)blocks * size, (UInt128)long.MaxValue);

#pragma warning disable SYSLIB1054, CA2101 // LibraryImport generates unsafe code, which this assembly does not allow; the path is marshalled as UTF-8.
    [DllImport("libc", EntryPoint = "statvfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int StatVfs([MarshalAs(UnmanagedType.LPUTF8Str)] string path, [In, Out] ulong[] fields);
#pragma warning restore SYSLIB1054, CA2101
}
