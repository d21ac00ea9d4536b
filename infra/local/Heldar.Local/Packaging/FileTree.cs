namespace Heldar.Local.Packaging;

/// <summary>Copies folders so that nothing of the machine shows: fixed modes and times, no links, no owners.</summary>
internal static class FileTree
{
    private const UnixFileMode Plain = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;
    private const UnixFileMode Runs = Plain | UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Copies the files that are wanted; <paramref name="wanted"/> gets the path below <paramref name="from"/>.</summary>
    public static void Copy(string from, string to, Func<string, bool> wanted)
    {
        foreach (var file in Directory.EnumerateFiles(from, "*", SearchOption.AllDirectories))
        {
            var relative = Path.GetRelativePath(from, file);
            if (!wanted(relative)) continue;
            Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(to, relative))!);
            File.Copy(file, Path.Combine(to, relative));
        }
    }

    /// <summary>Copies one file into a folder that is made when it is missing.</summary>
    public static void CopyFile(string from, string to)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(to)!);
        File.Copy(from, to);
    }

    /// <summary>Sets modes and times of everything below a folder, and of the folder.</summary>
    public static void Settle(string root, long sourceDate)
    {
        var time = DateTimeOffset.FromUnixTimeSeconds(sourceDate).UtcDateTime;
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories))
        {
            if (File.ResolveLinkTarget(file, returnFinalTarget: false) is not null) continue;
            File.SetUnixFileMode(file, IsProgram(file) ? Runs : Plain);
            File.SetLastWriteTimeUtc(file, time);
        }

        foreach (var folder in Directory.EnumerateDirectories(root, "*", SearchOption.AllDirectories).Append(root).OrderByDescending(d => d.Length))
        {
            File.SetUnixFileMode(folder, Runs);
            Directory.SetLastWriteTimeUtc(folder, time);
        }
    }

    private static bool IsProgram(string file)
    {
        Span<byte> head = stackalloc byte[2];
        using (var stream = File.OpenRead(file))
            if (stream.ReadAtLeast(head, head.Length, throwOnEndOfStream: false) == head.Length && head.SequenceEqual("#!"u8)) return true;
        // Libraries (.so) are mapped, not run.
        return Elf.MachineOf(file) is not null && !file.EndsWith(".so", StringComparison.Ordinal);
    }
}
