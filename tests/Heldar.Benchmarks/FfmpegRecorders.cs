using System.Globalization;
using Heldar.Local.Processes;

namespace Heldar.Benchmarks;

/// <summary>The baseline: one ffmpeg per camera that copies into segments, as the reference kernel records. It does not hash, index or sync.</summary>
internal sealed class FfmpegRecorders : IAsyncDisposable
{
    private readonly List<ChildProcess> _children = [];

    public IReadOnlyList<int> Pids => [.. _children.Select(c => c.Pid)];

    /// <summary>Starts one recorder for each stream address, into <paramref name="folder"/>/camNN.</summary>
    public static async Task<FfmpegRecorders> StartAsync(IReadOnlyList<string> urls, string folder, int segmentSeconds)
    {
        var all = new FfmpegRecorders();
        try
        {
            for (var i = 0; i < urls.Count; i++)
            {
                var name = string.Create(CultureInfo.InvariantCulture, $"cam{i:00}");
                var target = Directory.CreateDirectory(Path.Combine(folder, name)).FullName;
                all._children.Add(await ChildProcess.StartAsync(new ChildSpec("ffmpeg-" + name, "ffmpeg", Arguments(urls[i], target, segmentSeconds), Path.Combine(folder, name + ".log"))));
            }

            return all;
        }
        catch
        {
            await all.DisposeAsync();
            throw;
        }
    }

    /// <summary>Throws when a recorder ended: its CPU would be missing from the baseline.</summary>
    public void EnsureAllRun()
    {
        if (_children.Find(c => c.HasExited) is { } gone) throw new InvalidOperationException($"{gone.Spec.Name} ended with {gone.ExitCode}: see {gone.Spec.LogFile}");
    }

    public async ValueTask DisposeAsync()
    {
        await Task.WhenAll(_children.Select(c => c.StopAsync(TimeSpan.FromSeconds(5))));
        foreach (var child in _children) await child.DisposeAsync();
    }

    private static string[] Arguments(string url, string target, int segmentSeconds) =>
    [
        "-nostdin", "-hide_banner", "-loglevel", "level+warning", "-rtsp_transport", "tcp", "-timeout", "5000000", "-i", url, "-map", "0:v", "-c", "copy",
        "-f", "segment", "-segment_time", segmentSeconds.ToString(CultureInfo.InvariantCulture), "-segment_format", "mp4",
        "-segment_format_options", "movflags=+frag_keyframe+empty_moov+default_base_moof", "-reset_timestamps", "1", "-strftime", "1",
        "-segment_list", Path.Combine(target, "list.csv"), "-segment_list_type", "csv", "-segment_list_size", "0", Path.Combine(target, "%Y%m%dT%H%M%S.mp4"),
    ];
}
