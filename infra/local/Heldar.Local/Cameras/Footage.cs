using System.Globalization;
using Heldar.Local.Processes;

namespace Heldar.Local.Cameras;

/// <summary>
/// Makes clips once with ffmpeg and keeps them in <c>${XDG_CACHE_HOME:-~/.cache}/heldar/footage</c>. Several programs may ask at once: each clip is
/// made by one of them, and a half-made clip never has its final name.
/// </summary>
internal static class Footage
{
    /// <summary>The cache.</summary>
    public static string Folder { get; } = Path.Combine(CacheHome(), "heldar", "footage");

    private static string CacheHome() =>
        Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile) is { Length: > 0 } user ? user : Path.GetTempPath(), ".cache");

    /// <summary>Path of the clip; made when missing.</summary>
    /// <exception cref="ProcessException">ffmpeg is missing or fails.</exception>
    public static Task<string> ClipAsync(FootageRecipe recipe, CancellationToken cancellation) =>
        CachedAsync(recipe.FileName, making => EncodeAsync(recipe, making, cancellation), cancellation);

    /// <summary>Path of 12 s of sound in <paramref name="codec"/>: <c>aac</c> (MP4), <c>pcmu</c> or <c>pcma</c> (raw, 8 kHz); made when missing.</summary>
    public static Task<string> SoundAsync(string codec, CancellationToken cancellation)
    {
        string[] output = codec switch
        {
            "aac" => ["-ar", "48000", "-c:a", "aac", "-b:a", "64k", "-f", "mp4"],
            "pcmu" => ["-ar", "8000", "-f", "mulaw"],
            "pcma" => ["-ar", "8000", "-f", "alaw"],
            _ => throw new ProcessException($"audio '{codec}' is not one of none, aac, pcmu, pcma"),
        };

        // A tone that beeps once a second, so that sync can be heard.
        return CachedAsync($"tone-1.{codec}", making => FfmpegAsync(["-f", "lavfi", "-i", "sine=f=330:beep_factor=4:r=48000:d=12", "-ac", "1", .. output, making], cancellation), cancellation);
    }

    /// <summary>Real footage: <c>vtest.avi</c> of Debian's opencv-doc, taken out of the package without installing its 351 MiB.</summary>
    public static Task<string> SurveillanceAsync(CancellationToken cancellation)
    {
        const string installed = "/usr/share/doc/opencv-doc/examples/data/vtest.avi";
        if (File.Exists(installed)) return Task.FromResult(installed);
        return CachedAsync("vtest.avi", async making =>
        {
            string folder = making + ".d";
            Directory.CreateDirectory(folder);
            try
            {
                const string script = "apt-get download opencv-doc >&2 && dpkg-deb --fsys-tarfile opencv-doc_*.deb | tar -xO ./usr/share/doc/opencv-doc/examples/data/vtest.avi >\"$1\"";
                (await Tool.RunAsync("sh", ["-c", script, "sh", making], cancellation, folder: folder)).OutputOrThrow("apt-get download opencv-doc (vtest.avi)");
            }
            finally
            {
                Directory.Delete(folder, recursive: true);
            }
        }, cancellation);
    }

    /// <summary>A picture as a camera shows it that something is wrong with. All but the frozen one have a sensor's noise.</summary>
    private static string Faulty(FootageRecipe recipe)
    {
        string form = Invariant($"s={recipe.Width}x{recipe.Height}:r={recipe.FramesPerSecond}");
        return recipe.Fault switch
        {
            "black" => $"color=c=black:{form},noise=alls=10:allf=t",
            "covered" => $"color=c=0x606060:{form},noise=alls=10:allf=t",
            "frozen" => Invariant($"testsrc2={form},trim=end_frame=1,loop=loop=-1:size=1,setpts=N/({recipe.FramesPerSecond}*TB)"),
            "elsewhere" => $"mandelbrot={form},noise=alls=10:allf=t",
            _ => throw new ProcessException($"fault '{recipe.Fault}' is not one of black, covered, frozen, elsewhere"),
        };
    }

    private static async Task EncodeAsync(FootageRecipe recipe, string making, CancellationToken cancellation)
    {
        if (recipe.Fault.Length > 0)
        {
            await FfmpegAsync(["-f", "lavfi", "-i", Faulty(recipe), "-vf", "format=yuv420p", "-frames:v", Invariant($"{recipe.Frames}"), .. Encoder(recipe), "-f", "mp4", making], cancellation);
            return;
        }

        string strip = making + ".strip";
        try
        {
            await File.WriteAllBytesAsync(strip, [.. Enumerable.Range(0, recipe.Frames).SelectMany(FrameStrip.Draw)], cancellation);
            string size = Invariant($"{recipe.Width}x{recipe.Height}");
            int side = FrameStrip.Side(recipe.Height);
            string[] picture = recipe.Surveillance
                ? ["-stream_loop", "-1", "-i", await SurveillanceAsync(cancellation)]
                : ["-f", "lavfi", "-i", Invariant($"testsrc2=s={size}:r={recipe.FramesPerSecond},noise=alls=14:allf=t")];
            string filter = Invariant($"[0]scale={recipe.Width}:{recipe.Height},fps={recipe.FramesPerSecond}[p];[1]scale={FrameStrip.Cells * side}:{side}:flags=neighbor[s];[p][s]overlay=0:0,format=yuv420p");
            await FfmpegAsync(
                [
                    .. picture, "-f", "rawvideo", "-pix_fmt", "gray", "-s", $"{FrameStrip.Cells}x1", "-r", Invariant($"{recipe.FramesPerSecond}"), "-i", strip,
                    "-filter_complex", filter, "-frames:v", Invariant($"{recipe.Frames}"), .. Encoder(recipe), "-f", "mp4", making,
                ],
                cancellation);
        }
        finally
        {
            File.Delete(strip);
        }
    }

    private static string[] Encoder(FootageRecipe recipe)
    {
        int gop = recipe.GopSeconds * recipe.FramesPerSecond;
        int rate = recipe.KilobitsPerSecond;
        return recipe.Codec switch
        {
            "h264" => ["-c:v", "libx264", "-preset", "superfast", "-b:v", Invariant($"{rate}k"), "-maxrate", Invariant($"{rate}k"), "-bufsize", Invariant($"{rate}k"), "-bf", "0", "-g", Invariant($"{gop}"), "-keyint_min", Invariant($"{gop}"), "-sc_threshold", "0"],
            "h265" => ["-c:v", "libx265", "-preset", "ultrafast", "-tag:v", "hvc1", "-b:v", Invariant($"{rate}k"), "-x265-params", Invariant($"log-level=error:keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:open-gop=0:vbv-maxrate={rate}:vbv-bufsize={rate}")],
            _ => throw new ProcessException($"codec '{recipe.Codec}' is not one of h264, h265"),
        };
    }

    private static async Task FfmpegAsync(string[] arguments, CancellationToken cancellation)
    {
        if (Tool.Find("ffmpeg") is null) throw new ProcessException("ffmpeg is not installed: apt-get install -y --no-install-recommends ffmpeg");
        (await Tool.RunAsync("ffmpeg", ["-nostdin", "-y", "-v", "error", .. arguments], cancellation)).OutputOrThrow("ffmpeg");
    }

    private static async Task<string> CachedAsync(string name, Func<string, Task> make, CancellationToken cancellation)
    {
        string path = Path.Combine(Folder, name);
        if (File.Exists(path)) return path;
        using FileLock one = await FileLock.TakeAsync(path + ".lock", cancellation);
        if (File.Exists(path)) return path;
        string making = path + ".making";
        await make(making);
        File.Move(making, path, overwrite: true);
        return path;
    }

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
