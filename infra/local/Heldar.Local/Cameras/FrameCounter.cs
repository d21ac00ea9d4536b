using System.Globalization;
using System.Text;
using Heldar.Local.Processes;

namespace Heldar.Local.Cameras;

/// <summary>What the SEI of one frame says.</summary>
/// <param name="Counter">Absolute frame counter of the camera since the simulator started.</param>
/// <param name="CameraUnixMs">The camera's wall clock when the frame was taken.</param>
internal sealed record FrameMark(long Counter, long CameraUnixMs);

/// <summary>Reads the frame counters out of a recording with ffmpeg: the ground truth of every statement about lost frames, independent of our own reader.</summary>
internal static class FrameCounter
{
    private static readonly byte[] Uuid = Encoding.ASCII.GetBytes("heldar-frame-num");

    /// <summary>All marks in decoding order. A file that ends in mid-frame gives those before; an empty file gives none.</summary>
    /// <param name="file">A recording.</param>
    /// <param name="codec"><c>h264</c> or <c>hevc</c>, as ffprobe says it; null asks ffprobe.</param>
    /// <param name="cancellation">Ends ffmpeg.</param>
    public static async Task<IReadOnlyList<FrameMark>> ReadAsync(string file, string? codec, CancellationToken cancellation)
    {
        codec ??= await CodecAsync(file, cancellation);
        if (codec is not ("h264" or "hevc")) return [];
        string raw = Path.Combine(Path.GetTempPath(), $"heldar-frames-{Guid.NewGuid():N}");
        try
        {
            await Tool.RunAsync("ffmpeg", ["-nostdin", "-y", "-v", "error", "-i", file, "-map", "0:v", "-c", "copy", "-copyinkf", "-bsf:v", codec + "_mp4toannexb", "-f", codec, raw], cancellation);
            return File.Exists(raw) ? Find(await File.ReadAllBytesAsync(raw, cancellation)) : [];
        }
        finally
        {
            File.Delete(raw);
        }
    }

    /// <summary>Decodes a recording from first to last frame, sound included, and takes out its marks.</summary>
    /// <param name="file">A recording.</param>
    /// <param name="codec"><c>h264</c> or <c>hevc</c>.</param>
    /// <param name="cancellation">Ends ffmpeg.</param>
    /// <returns>The marks, and what ffmpeg complained about; null when nothing.</returns>
    public static async Task<(IReadOnlyList<FrameMark> Marks, string? Complaint)> DecodeAsync(string file, string codec, CancellationToken cancellation)
    {
        string raw = Path.Combine(Path.GetTempPath(), $"heldar-frames-{Guid.NewGuid():N}");
        try
        {
            ToolResult done = await Tool.RunAsync(
                "ffmpeg",
                ["-nostdin", "-y", "-v", "error", "-threads", "1", "-i", file, "-map", "0:v", "-map", "0:a?", "-f", "null", "-", "-map", "0:v", "-c", "copy", "-bsf:v", codec + "_mp4toannexb", "-f", codec, raw],
                cancellation);
            return (File.Exists(raw) ? Find(await File.ReadAllBytesAsync(raw, cancellation)) : [], done.ExitCode == 0 && done.Error.Length == 0 ? null : $"code {done.ExitCode} {done.Error.Trim()}");
        }
        finally
        {
            File.Delete(raw);
        }
    }

    /// <summary>The video's codec as ffprobe names it, or empty.</summary>
    public static async Task<string> CodecAsync(string file, CancellationToken cancellation)
    {
        ToolResult probe = await Tool.RunAsync("ffprobe", ["-v", "error", "-select_streams", "v:0", "-show_entries", "stream=codec_name", "-of", "csv=p=0", file], cancellation);
        return probe.ExitCode == 0 ? probe.Output.Trim().TrimEnd(',') : "";
    }

    /// <summary>All marks in a byte stream.</summary>
    public static IReadOnlyList<FrameMark> Find(ReadOnlySpan<byte> data)
    {
        List<FrameMark> marks = [];
        while (true)
        {
            int at = data.IndexOf(Uuid);
            if (at < 0 || data.Length < at + Uuid.Length + 32) return marks;
            ReadOnlySpan<byte> text = data.Slice(at + Uuid.Length, 32);
            if (long.TryParse(text[..16], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long counter)
                && long.TryParse(text[16..], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long time))
            {
                marks.Add(new FrameMark(counter, time));
            }

            data = data[(at + Uuid.Length)..];
        }
    }
}
