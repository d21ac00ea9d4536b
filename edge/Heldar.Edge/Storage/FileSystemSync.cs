using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Heldar.Edge.Storage;

/// <summary>Makes all that was written to a file system durable with one call, whatever the number of files.</summary>
internal sealed class FileSystemSync(string folder) : IDisposable
{
    private readonly SafeFileHandle? _handle = OperatingSystem.IsLinux() ? File.OpenHandle(Path.Combine(folder, "volume.json"), FileMode.Open, FileAccess.Read) : null;

    /// <summary>Waits until everything is on disk.</summary>
    /// <exception cref="IOException">The file system reports an error, also of an earlier write.</exception>
    public void Run()
    {
        if (_handle is null) return;
        if (SyncFs(_handle) != 0) throw Failed(Marshal.GetLastPInvokeError());
    }

    /// <summary>Carries the error of the operating system as files do.</summary>
    private IOException Failed(int error) => new($"syncfs of {folder} failed: {Marshal.GetPInvokeErrorMessage(error)}", error);

    public void Dispose() => _handle?.Dispose();

#pragma warning disable SYSLIB1054 // LibraryImport generates unsafe code, which this assembly does not allow; the call has no data to marshal.
    [DllImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SyncFs(SafeFileHandle file);
#pragma warning restore SYSLIB1054
}
