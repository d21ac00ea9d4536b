using Heldar.Local.Cameras;
using Heldar.Local.Judge;

namespace Heldar.Benchmarks.Record;

/// <summary>Counts the frames that a measured window should have on disk and has not, by the counters that the cameras put into each frame.</summary>
internal static class RecordedFrames
{
    private const int FrameMs = 40;

    /// <summary>Frames lost of all cameras from <paramref name="from"/> to <paramref name="to"/>; throws when a camera has none at all.</summary>
    public static async Task<(long Recorded, long Lost)> CountAsync(string recordings, int cameras, DateTimeOffset from, DateTimeOffset to, CancellationToken cancellation)
    {
        long recorded = 0, lost = 0;
        var folders = Directory.GetDirectories(recordings).Where(d => Directory.EnumerateFiles(d, "*.mp4", SearchOption.AllDirectories).Any()).ToList();
        if (folders.Count != cameras) throw new InvalidOperationException($"{folders.Count} of {cameras} cameras have recordings");
        foreach (var camera in folders)
        {
            List<FrameMark> marks = [];
            foreach (var file in Directory.EnumerateFiles(camera, "*.mp4", SearchOption.AllDirectories).Where(f => File.GetLastWriteTimeUtc(f) >= from.UtcDateTime))
                marks.AddRange(await FrameCounter.ReadAsync(file, "h264", cancellation));
            List<FrameMark> window = [.. marks.Where(m => m.CameraUnixMs >= from.ToUnixTimeMilliseconds() && m.CameraUnixMs <= to.ToUnixTimeMilliseconds())];
            if (window.Count == 0) throw new InvalidOperationException($"{camera} has no frames of the measured window");
            recorded += window.Count;
            lost += FrameLedger.Count(window, sent: null).Lost;
            // What is missing at the edges leaves no gap between counters. Two frames of slack: the cameras' clocks tick on their own.
            lost += Missing(window.Min(m => m.CameraUnixMs) - from.ToUnixTimeMilliseconds()) + Missing(to.ToUnixTimeMilliseconds() - window.Max(m => m.CameraUnixMs));
        }

        return (recorded, lost);
    }

    private static long Missing(long ms) => Math.Max(0, (ms / FrameMs) - 2);
}
