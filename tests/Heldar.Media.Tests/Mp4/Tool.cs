using System.Diagnostics;

namespace Heldar.Media.Tests.Mp4;

/// <summary>Runs ffmpeg and ffprobe, which judge what this code writes.</summary>
internal static class Tool
{
    public static async Task<(string Out, string Error)> RunAsync(string file, string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(file, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false })!;
        process.StandardInput.Close();
        using var timeout = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        timeout.CancelAfter(TimeSpan.FromSeconds(60));
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(timeout.Token);
            var error = process.StandardError.ReadToEndAsync(timeout.Token);
            await process.WaitForExitAsync(timeout.Token);
            Assert.True(process.ExitCode == 0, $"{file} {arguments}: {await error}");
            return (await output, await error);
        }
        finally
        {
            if (!process.HasExited) process.Kill();
        }
    }

    /// <summary>Lines of ffprobe's csv output without a section name.</summary>
    public static async Task<string[]> ProbeAsync(string file, string entries, string stream)
    {
        var (output, _) = await RunAsync("ffprobe", $"-v error -select_streams {stream} -show_entries {entries} -of csv=p=0 \"{file}\"");
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }

    /// <summary>MD5 of every decoded picture or sound block, in presentation order; fails when the decoder complains.</summary>
    public static async Task<string[]> FrameHashesAsync(string file, string stream)
    {
        var (output, error) = await RunAsync("ffmpeg", $"-v error -i \"{file}\" -map 0:{stream} -f framemd5 -");
        Assert.Equal("", error);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#').Select(l => l.Split(',')[^1].Trim())];
    }
}
