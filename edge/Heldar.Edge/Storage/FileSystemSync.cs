using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Heldar.Edge.Storage;

/// <summary>
/// Makes all that was written to a file system durable with one call, whatever the number of files, on a thread of its own: the disk may take seconds, and whoever writes goes on
/// meanwhile. One caller at a time.
/// </summary>
/// <param name="folder">The volume's root, with its identity file.</param>
/// <param name="name">The volume's short name.</param>
/// <param name="done">Called on that thread when a sync has ended, well or not; must not block.</param>
internal sealed class FileSystemSync(string folder, string name = "", Action? done = null) : IDisposable
{
    private readonly SemaphoreSlim _asked = new(0, 1);
    private Thread? _thread;
    private volatile bool _running;
    private volatile bool _stopping;
    private volatile IOException? _error;

    /// <summary>One is under way.</summary>
    public bool IsRunning => _running;

    /// <summary>Begins one.</summary>
    public void Begin()
    {
        _error = null;
        _running = true;
        if (_thread is null)
        {
            _thread = new Thread(Loop) { IsBackground = true, Name = "sync " + name };
            _thread.Start();
        }

        _asked.Release();
    }

    /// <summary>What became of the one that has ended.</summary>
    /// <exception cref="IOException">The file system reports an error, also of an earlier write.</exception>
    public void ThrowIfFailed()
    {
        if (_error is { } error) throw new IOException(error.Message, error.HResult);
    }

    private void Loop()
    {
        while (true)
        {
            _asked.Wait();
            if (_stopping) return;
            try
            {
                Run();
            }
            catch (IOException e)
            {
                _error = e;
            }

            _running = false;
            done?.Invoke();
        }
    }

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

    /// <summary>Ends the thread. None may be running.</summary>
    public void Dispose()
    {
        _stopping = true;
        if (_thread is not null)
        {
            _asked.Release();
            _thread.Join();
        }

        _asked.Dispose();
        _handle?.Dispose();
    }

#pragma warning disable SYSLIB1054 // LibraryImport generates unsafe code, which this assembly does not allow; the call has no data to marshal.
    [DllImport("libc", EntryPoint = "syncfs", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int SyncFs(SafeFileHandle file);
#pragma warning restore SYSLIB1054
}
