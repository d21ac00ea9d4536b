namespace Heldar.Local.Emulator;

/// <summary>Keeps the logs of the stack bounded: before a start, a log of more than 16 MiB becomes <c>NAME.log.1</c>.</summary>
internal static class LogFile
{
    private const long MaxBytes = 16 * 1024 * 1024;

    /// <summary>Moves a large log away; the process is not running.</summary>
    public static void Rotate(string path)
    {
        if (File.Exists(path) && new FileInfo(path).Length > MaxBytes) File.Move(path, path + ".1", overwrite: true);
    }
}
