using System.Diagnostics;
using System.Globalization;

namespace Heldar.Edge.Snapshots;

/// <summary>The picture could not be made.</summary>
internal sealed class SnapshotException(string message, bool busy = false) : Exception(message)
{
    /// <summary>All decoders are taken: worth another try.</summary>
    public bool Busy { get; } = busy;
}

/// <summary>
/// Makes a JPEG of one picture with ffmpeg, a process each: at most 2 at a time, 5 s wait for a place, 10 s each, 16 MiB of output. Decoding
/// hostile video happens outside the recording process. Thread-safe.
/// </summary>
internal sealed class JpegDecoder(string ffmpeg = "ffmpeg") : IDisposable
{
    public const int Concurrent = 2;

    /// <summary>Pictures of one process at most: bounds what is in memory, and what one bad picture spoils.</summary>
    public const int MaxGreys = 16;
    private const int MaxJpegBytes = 16 * 1024 * 1024;
    private static readonly TimeSpan PlaceTimeout = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DecodeTimeout = TimeSpan.FromSeconds(10);
    private readonly SemaphoreSlim _places = new(Concurrent, Concurrent);

    /// <summary>The keyframe at or before <paramref name="offset"/> seconds into a file.</summary>
    public Task<byte[]> FromFileAsync(string path, double offset, int? maxWidth, CancellationToken cancellation) =>
        RunAsync(["-noaccurate_seek", "-ss", Math.Max(0, offset).ToString("0.000", CultureInfo.InvariantCulture), "-i", "file:" + path], [], 1, Jpeg(maxWidth), ReadJpegAsync, cancellation);

    /// <summary>The first picture of an Annex B byte stream. <paramref name="format"/> is ffmpeg's: h264 or hevc.</summary>
    public Task<byte[]> FromStreamAsync(ReadOnlyMemory<byte> annexB, string format, int? maxWidth, CancellationToken cancellation) =>
        RunAsync(["-f", format, "-i", "pipe:0"], [annexB], 1, Jpeg(maxWidth), ReadJpegAsync, cancellation);

    /// <summary>
    /// Keyframes of several streams of one format as grey bytes, one per pixel, row by row, squeezed to a size: for those who look at pictures by program. One process for all, since
    /// starting one costs as much CPU as decoding a dozen pictures.
    /// </summary>
    /// <param name="annexB">At most <see cref="MaxGreys"/>, each with its parameter sets; sizes may differ.</param>
    /// <exception cref="SnapshotException">Not every keyframe gave a picture: which one did not is unknown, so ask for each alone.</exception>
    public Task<IReadOnlyList<byte[]>> GreysFromStreamsAsync(IReadOnlyList<ReadOnlyMemory<byte>> annexB, string format, int width, int height, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(annexB.Count, MaxGreys);
        // Without reordering each keyframe comes out at once; else the decoder might drop one that waits when the next has another size. What the format is need not be probed, and
        // smooth block edges need not be drawn: together a quarter of the CPU.
        return RunAsync(
            ["-flags", "low_delay", "-skip_loop_filter", "all", "-probesize", "32", "-f", format, "-i", "pipe:0"], annexB, annexB.Count, Grey(width, height),
            (output, token) => ReadGreysAsync(output, annexB.Count, width * height, token), cancellation);
    }

    public void Dispose() => _places.Dispose();

    private static string[] Grey(int width, int height) =>
        ["-fps_mode", "passthrough", "-vf", $"scale={width}:{height}:flags=area,format=gray", "-c:v", "rawvideo", "-f", "rawvideo", "pipe:1"];

    private static string[] Jpeg(int? maxWidth)
    {
        string[] scale = maxWidth is { } width ? ["-vf", $"scale='min({width},iw)':-2"] : [];
        return [.. scale, "-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj420p", "-strict", "unofficial", "-f", "image2pipe", "pipe:1"];
    }

    private async Task<T> RunAsync<T>(
        IReadOnlyList<string> input, IReadOnlyList<ReadOnlyMemory<byte>> stdin, int pictures, string[] output, Func<Stream, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        if (!await _places.WaitAsync(PlaceTimeout, cancellation)) throw new SnapshotException("all picture decoders are busy", busy: true);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            limit.CancelAfter(DecodeTimeout);
            return await DecodeAsync(input, stdin, pictures, output, read, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new SnapshotException($"no picture within {DecodeTimeout.TotalSeconds:0} s");
        }
        finally
        {
            _places.Release();
        }
    }

    private async Task<T> DecodeAsync<T>(
        IReadOnlyList<string> input, IReadOnlyList<ReadOnlyMemory<byte>> stdin, int pictures, string[] output, Func<Stream, CancellationToken, Task<T>> read, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(ffmpeg) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, UseShellExecute = false };
        foreach (var argument in (IEnumerable<string>)[
            "-v", "error", "-threads", "1", .. input, "-frames:v", pictures.ToString(CultureInfo.InvariantCulture), "-an", .. output])
            start.ArgumentList.Add(argument);
        using var process = Start(start);
        // A process does not close streams that were asked for.
        using var pictureBytes = process.StandardOutput;
        using var complaints = process.StandardError;
        var errors = complaints.ReadToEndAsync(cancellation);
        var feed = FeedAsync(process, stdin, cancellation);
        try
        {
            var made = await read(pictureBytes.BaseStream, cancellation);
            await feed;
            await process.WaitForExitAsync(cancellation);
            return made;
        }
        finally
        {
            // Its pipes break with it, so neither waits: nothing uses them after they are closed.
            if (!process.HasExited) process.Kill();
            await Task.WhenAll(feed, errors).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private static async Task<byte[]> ReadJpegAsync(Stream output, CancellationToken cancellation)
    {
        using var jpeg = new MemoryStream();
        var chunk = new byte[64 * 1024];
        int read;
        while ((read = await output.ReadAsync(chunk, cancellation)) > 0)
        {
            if (jpeg.Length + read > MaxJpegBytes) throw new SnapshotException("the picture is too large");
            jpeg.Write(chunk, 0, read);
        }

        return jpeg.Length > 0 ? jpeg.ToArray() : throw new SnapshotException("the footage holds no picture there");
    }

    /// <summary>Each picture into an array of its own: one for all would be a large object each time, of the kind that is collected last.</summary>
    private static async Task<IReadOnlyList<byte[]>> ReadGreysAsync(Stream output, int count, int size, CancellationToken cancellation)
    {
        List<byte[]> greys = new(count);
        while (greys.Count < count)
        {
            var grey = new byte[size];
            if (await output.ReadAtLeastAsync(grey, size, throwOnEndOfStream: false, cancellation) < size) break;
            greys.Add(grey);
        }

        return greys.Count == count ? greys : throw new SnapshotException($"{count} keyframes gave {greys.Count} pictures");
    }

    private static Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start) ?? throw new SnapshotException("ffmpeg did not start");
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            throw new SnapshotException("ffmpeg is missing: " + e.Message);
        }
    }

    private static async Task FeedAsync(Process process, IReadOnlyList<ReadOnlyMemory<byte>> stdin, CancellationToken cancellation)
    {
        try
        {
            foreach (var bytes in stdin) await process.StandardInput.BaseStream.WriteAsync(bytes, cancellation);
            process.StandardInput.Close();
        }
        catch (IOException)
        {
            // ffmpeg has its picture and reads no further.
        }
    }
}
