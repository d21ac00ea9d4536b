using System.Diagnostics;

namespace Heldar.Testing;

/// <summary>Prometheus' own judge of metrics' text.</summary>
public static class Promtool
{
    /// <summary>Runs <c>promtool check metrics</c>: its exit code, and everything that it said.</summary>
    public static async Task<(int Code, string Said)> CheckAsync(string text)
    {
        using var tool = Process.Start(new ProcessStartInfo("promtool", "check metrics") { UseShellExecute = false, RedirectStandardInput = true, RedirectStandardError = true, RedirectStandardOutput = true })!;
        await tool.StandardInput.WriteAsync(text);
        tool.StandardInput.Close();
        var (said, printed) = (tool.StandardError.ReadToEndAsync(), tool.StandardOutput.ReadToEndAsync());
        await tool.WaitForExitAsync();
        return (tool.ExitCode, await said + await printed);
    }

    /// <summary>Series that are said twice, which promtool lets pass.</summary>
    public static IReadOnlyList<string> Repeated(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return [.. text.Split('\n').Where(l => l.Length > 0).GroupBy(l => l[..l.LastIndexOf(' ')]).Where(g => g.Count() > 1).Select(g => g.Key)];
    }
}
