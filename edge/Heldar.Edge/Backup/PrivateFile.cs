namespace Heldar.Edge.Backup;

/// <summary>Makes files and folders that nobody but their owner can open, from their first moment on.</summary>
internal static class PrivateFile
{
    private const UnixFileMode Owner = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>A new file; an existing one is an error.</summary>
    public static FileStream Create(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows()) options.UnixCreateMode = Owner;
        return new FileStream(path, options);
    }

    /// <summary>A folder and those above it that are missing.</summary>
    public static string Folder(string path) =>
        OperatingSystem.IsWindows() ? Directory.CreateDirectory(path).FullName : Directory.CreateDirectory(path, Owner | UnixFileMode.UserExecute).FullName;
}
