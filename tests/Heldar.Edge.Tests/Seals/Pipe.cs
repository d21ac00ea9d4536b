using System.Diagnostics;

namespace Heldar.Edge.Tests.Seals;

/// <summary>A named pipe: whoever opens it as a file waits for ever.</summary>
internal static class Pipe
{
    public static void Make(string path)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        using var tool = Process.Start("mkfifo", path);
        tool.WaitForExit();
        Assert.Equal(0, tool.ExitCode);
    }
}
