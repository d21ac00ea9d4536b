using System.Text;

namespace Heldar.Local.Processes;

/// <summary>Reads the end of a log that another process writes.</summary>
internal static class LogTail
{
    private const int MaxBytes = 64 * 1024;

    /// <summary>Path and last lines, for an error message.</summary>
    public static string Describe(string path, int lines = 12) =>
        $"log {path}:{Environment.NewLine}{string.Join(Environment.NewLine, Read(path, lines).Select(line => "    " + line))}";

    /// <summary>What was written after <paramref name="offset"/>, at most the first 64 KiB of it.</summary>
    public static string ReadFrom(string path, long offset)
    {
        if (!File.Exists(path)) return "";
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(offset, SeekOrigin.Begin);
        var text = new byte[MaxBytes];
        return Encoding.UTF8.GetString(text, 0, file.ReadAtLeast(text, text.Length, throwOnEndOfStream: false));
    }

    /// <summary>At most <paramref name="lines"/> last lines, from at most the last 64 KiB; empty when there is no log.</summary>
    public static IReadOnlyList<string> Read(string path, int lines)
    {
        if (!File.Exists(path)) return [];
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
        file.Seek(Math.Max(0, file.Length - MaxBytes), SeekOrigin.Begin);
        using var reader = new StreamReader(file, Encoding.UTF8);
        string[] all = reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return all.Length > lines ? all[^lines..] : all;
    }
}
