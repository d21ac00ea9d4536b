using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Heldar.Edge.Secrets;

/// <summary>
/// Small private files of the data folder: made once with mode 0600, written whole (temporary file, fsync, rename, sync), so that a power cut leaves
/// the old or the new content, and the new one once a write has returned. Called at start and by rare changes, never while footage flows.
/// </summary>
internal static class KeyFile
{
    private const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>The key in a file, made at random when the file is missing. Throws <see cref="InvalidDataException"/> for a file of another length.</summary>
    public static byte[] ReadOrCreate(string path, int bytes)
    {
        if (!File.Exists(path)) Write(path, RandomNumberGenerator.GetBytes(bytes));
        var key = Read(path, bytes);
        return key.Length == bytes ? key : throw new InvalidDataException($"{path} must hold {bytes} bytes; it holds {key.Length}");
    }

    /// <summary>Reads a private file of at most <paramref name="maxBytes"/> and takes other people's rights away.</summary>
    public static byte[] Read(string path, int maxBytes)
    {
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != Private) File.SetUnixFileMode(path, Private);
        var length = new FileInfo(path).Length;
        return length <= maxBytes ? File.ReadAllBytes(path) : throw new InvalidDataException($"{path} is larger than {maxBytes} bytes");
    }

    /// <summary>Replaces the file's content as a whole.</summary>
    public static void Write(string path, ReadOnlySpan<byte> content)
    {
        var temporary = path + ".new";
        File.Delete(temporary);
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Private;
        using (var file = new FileStream(temporary, options))
        {
            file.Write(content);
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        if (!OperatingSystem.IsLinux()) return;
        // The rename itself lies in the folder, which .NET cannot open; the file stands for its file system.
        using var handle = File.OpenHandle(path);
        if (SyncFs(handle) != 0) throw new IOException($"syncfs of {path} failed with error {Marshal.GetLastPInvokeError()}");
    }

#pragma warning disable SYSLIB1054 // LibraryImport generates unsafe code, which this assembly does not allow; the call has no data to marshal.
    [DllImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SyncFs(SafeFileHandle file);
#pragma warning restore SYSLIB1054
}
