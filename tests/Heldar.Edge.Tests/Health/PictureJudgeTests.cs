using System.Diagnostics;
using System.Globalization;
using Heldar.Edge.Health;
using Heldar.Edge.Snapshots;
using NodaTime;

namespace Heldar.Edge.Tests.Health;

/// <summary>Pictures that ffmpeg draws and encodes, judged as the box gets them: an H.264 keyframe through the decoder.</summary>
public sealed class PictureJudgeTests
{
    private readonly ManualClock _clock = new();
    private readonly PictureJudge _judge = new();

    [Fact]
    public async Task GoodPictures_HaveNoFault_AlsoWhenTheLightChanges()
    {
        for (var i = 0; i < 6; i++) Assert.Equal(PictureFaults.None, await TakeAsync("testsrc2=s=640x360", i, ",eq=brightness=" + (0.05 * i).ToString(CultureInfo.InvariantCulture)));
    }

    [Theory]
    [InlineData("color=black:s=640x360", PictureFaults.Black)]
    [InlineData("color=gray:s=640x360", PictureFaults.Covered)]
    [InlineData("mandelbrot=s=640x360", PictureFaults.SceneChanged)]
    public async Task Fault_CountsWhenItStays_AndEndsWithIt(string bad, object fault)
    {
        for (var i = 0; i < 3; i++) await TakeAsync("testsrc2=s=640x360", i);
        Assert.Equal(PictureFaults.None, await TakeAsync(bad, 3, ",noise=alls=12:allf=t"));
        Assert.Equal((PictureFaults)fault, await TakeAsync(bad, 4, ",noise=alls=12:allf=t"));
        Assert.Equal(PictureFaults.None, await TakeAsync("testsrc2=s=640x360", 5));
    }

    [Fact]
    public async Task SamePicture_IsFrozen_AfterAMinute()
    {
        var seen = new List<PictureFaults>();
        for (var i = 0; i < 4; i++) seen.Add(await TakeAsync("testsrc2=s=640x360", 1));

        Assert.Equal([PictureFaults.None, PictureFaults.None, PictureFaults.Frozen, PictureFaults.Frozen], seen);
    }

    [Fact]
    public async Task StillSceneAtNight_IsNotFrozen_ForItsNoiseMoves()
    {
        for (var i = 0; i < 6; i++) Assert.Equal(PictureFaults.None, await TakeAsync("smptebars=s=1280x720", 0, $",eq=brightness=-0.3,noise=alls=4:all_seed={i + 7}"));
    }

    [Fact]
    public async Task KeyframesOfManySizes_GoThroughOneDecoder_EachGivesItsOwnPicture()
    {
        var cancellation = TestContext.Current.CancellationToken;
        ReadOnlyMemory<byte>[] films = [await FilmAsync("testsrc2=s=640x360", ""), await FilmAsync("mandelbrot=s=1280x720", ""), await FilmAsync("smptebars=s=704x576", ""), await FilmAsync("testsrc=s=640x360", "")];
        using var decoder = new JpegDecoder();

        var together = await decoder.GreysFromStreamsAsync(films, "h264", PictureJudge.Width, PictureJudge.Height, cancellation);

        for (var i = 0; i < films.Length; i++) Assert.Equal((await decoder.GreysFromStreamsAsync([films[i]], "h264", PictureJudge.Width, PictureJudge.Height, cancellation))[0], together[i]);
        Assert.Equal(films.Length, together.Distinct(EqualityComparer<byte[]>.Create((a, b) => a!.SequenceEqual(b!), a => a[0])).Count());
        await Assert.ThrowsAsync<SnapshotException>(() => decoder.GreysFromStreamsAsync([films[0], new byte[2000], films[1]], "h264", PictureJudge.Width, PictureJudge.Height, cancellation));
    }

    private async Task<PictureFaults> TakeAsync(string source, int second, string filter = "")
    {
        using var decoder = new JpegDecoder();
        var film = await FilmAsync(source, $"trim=start={second},noise=c0s=2:c0_seed={second + 1}{filter}");
        var grey = (await decoder.GreysFromStreamsAsync([film], "h264", PictureJudge.Width, PictureJudge.Height, TestContext.Current.CancellationToken))[0];
        var faults = _judge.Take(grey, _clock.Now);
        _clock.Advance(Duration.FromSeconds(30));
        return faults;
    }

    private static async Task<byte[]> FilmAsync(string source, string filter)
    {
        string[] arguments =
        [
            "-v", "error", "-f", "lavfi", "-i", source, "-vf", filter.Length > 0 ? filter : "null", "-frames:v", "1", "-pix_fmt", "yuv420p",
            "-c:v", "libx264", "-preset", "ultrafast", "-f", "h264", "pipe:1",
        ];
        var start = new ProcessStartInfo("ffmpeg", arguments) { RedirectStandardOutput = true, UseShellExecute = false };
        using var process = Process.Start(start)!;
        using var film = new MemoryStream();
        await process.StandardOutput.BaseStream.CopyToAsync(film, TestContext.Current.CancellationToken);
        return film.ToArray();
    }
}
