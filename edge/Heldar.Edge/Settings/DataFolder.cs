using System.Globalization;
using System.Text;

namespace Heldar.Edge.Settings;

/// <summary>Another process uses the data folder.</summary>
internal sealed class DataFolderInUseException(string folder, string holder)
    : Exception($"another heldar-edge{(holder.Length == 0 ? "" : $" (process {holder})")} uses {folder}: two boxes on one data folder would destroy each other's recordings");

/// <summary>Holds the data folder for this process, by a lock on <c>box.lock</c> that ends with the process, however it ends.</summary>
internal sealed class DataFolder : IDisposable
{
    /// <summary>EROFS of Linux.</summary>
    private const int ReadOnlyFileSystem = 30;
    private readonly FileStream _lock;

    private DataFolder(FileStream held) => _lock = held;

    /// <summary>Makes the folder when it is missing (mode 0700) and takes it. Throws <see cref="DataFolderInUseException"/>.</summary>
    public static DataFolder Take(string folder)
    {
        Create(folder);
        var file = Path.Combine(folder, "box.lock");
        FileStream held;
        try
        {
            held = Lock(file);
        }
        catch (IOException) when (File.Exists(file))
        {
            throw new DataFolderInUseException(folder, Holder(folder));
        }

        Tell(folder);
        return new DataFolder(held);
    }

    /// <summary>Makes the folder when it is missing.</summary>
    public static void Create(string folder)
    {
        if (Directory.Exists(folder)) return;
        if (OperatingSystem.IsWindows()) Directory.CreateDirectory(folder);
        else Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose() => _lock.Dispose();

    /// <summary>The lock is the kernel's: a disk that is read-only takes it too.</summary>
    private static FileStream Lock(string file)
    {
        try
        {
            return new FileStream(file, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (e.HResult == ReadOnlyFileSystem && File.Exists(file))
        {
            return new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.None);
        }
    }

    /// <summary>For people only: a disk that is full does not keep the box from recording.</summary>
    private static void Tell(string folder)
    {
        try
        {
            File.WriteAllText(Path.Combine(folder, "box.pid"), Environment.ProcessId.ToString(CultureInfo.InvariantCulture), Encoding.ASCII);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // See above.
        }
    }

    private static string Holder(string folder)
    {
        try
        {
            return File.ReadAllText(Path.Combine(folder, "box.pid"), Encoding.ASCII).Trim();
        }
        catch (IOException)
        {
            return "";
        }
    }
}
