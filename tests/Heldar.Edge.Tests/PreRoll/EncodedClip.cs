using System.Globalization;
using Heldar.Edge.PreRoll;
using Heldar.Local.Processes;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Tests.PreRoll;

/// <summary>Twenty seconds of H.264 as ffmpeg encodes them at a constant rate, sent again and again.</summary>
internal sealed class EncodedClip
{
    public const int FramesPerSecond = 24;

    /// <summary>Of a clock of 90 kHz.</summary>
    public const long TicksPerFrame = 90_000 / FramesPerSecond;
    private const int Seconds = 20;
    private readonly byte[] _file;
    private readonly (int At, int Length, bool Key)[] _units;

    private EncodedClip(byte[] file, (int At, int Length, bool Key)[] units) => (_file, _units) = (file, units);

    public static Instant Start { get; } = Instant.FromUtc(2026, 11, 21, 8, 0);

    public double BytesPerSecond => _units.Sum(u => (long)u.Length) / (double)Seconds;

    public static async Task<EncodedClip> MakeAsync(double groupSeconds, CancellationToken cancellation)
    {
        using var folder = new TemporaryFolder();
        var (file, group) = (folder.File("clip.mp4"), ((int)(groupSeconds * FramesPerSecond)).ToString(CultureInfo.InvariantCulture));
        var made = await Tool.RunAsync(
            "ffmpeg",
            [
                "-v", "error", "-f", "lavfi", "-i", $"testsrc2=s=640x360:r={FramesPerSecond},noise=alls=14:allf=t", "-frames:v", $"{Seconds * FramesPerSecond}", "-c:v", "libx264", "-preset", "superfast",
                "-b:v", "1M", "-maxrate", "1M", "-bufsize", "1M", "-bf", "0", "-g", group, "-keyint_min", group, "-sc_threshold", "0", file,
            ],
            cancellation);
        Assert.True(made.ExitCode == 0, made.Error);
        var told = await Tool.RunAsync("ffprobe", ["-v", "error", "-select_streams", "v", "-show_entries", "packet=size,pos,flags", "-of", "csv=p=0", file], cancellation);
        var units = told.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Trim().Split(','))
            .Select(p => (int.Parse(p[1], CultureInfo.InvariantCulture), int.Parse(p[0], CultureInfo.InvariantCulture), p[2].StartsWith('K'))).ToArray();
        Assert.Equal((Seconds * FramesPerSecond, Seconds / groupSeconds), (units.Length, units.Count(u => u.Item3)));
        return new EncodedClip(await File.ReadAllBytesAsync(file, cancellation), units);
    }

    public static Instant TimeOf(int number) => Start + Duration.FromMilliseconds(number * 1000.0 / FramesPerSecond);

    public ReadOnlySpan<byte> Bytes(int number) => _file.AsSpan(_units[number % _units.Length].At, _units[number % _units.Length].Length);

    public bool IsKey(int number) => _units[number % _units.Length].Key;

    public int KeyframeAtOrBefore(int number)
    {
        while (!IsKey(number)) number--;
        return number;
    }

    public void Send(int number, PreRollRing ring, MediaBlockPool pool)
    {
        var bytes = Bytes(number);
        Assert.True(pool.TryRent(bytes.Length, out var block));
        bytes.CopyTo(block.Bytes);
        ring.Append(new AccessUnit(TrackKind.Video, number * TicksPerFrame, TimeOf(number), IsKey(number), block, 0, bytes.Length));
        block.Release();
    }
}
