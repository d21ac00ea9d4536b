using System.Globalization;

namespace Heldar.Media.Tests.Mp4;

/// <summary>ffmpeg reads what was written: every picture, the same pixels, the same times, the right tag.</summary>
public sealed class PlayableTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heldar-mp4-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Theory]
    [InlineData("-c:v libx264 -preset ultrafast -g 50", "avc1")]
    [InlineData("-c:v libx264 -preset veryfast -bf 3 -b_strategy 0 -g 50", "avc1")]
    [InlineData("-c:v libx264 -preset veryfast -bf 2 -flags -cgop -g 30 -x264-params open-gop=1", "avc1")]
    [InlineData("-c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=0:keyint=50 -tag:v hvc1", "hvc1")]
    [InlineData("-c:v libx265 -preset veryfast -x265-params log-level=none:bframes=3:open-gop=0:keyint=50 -tag:v hvc1", "hvc1")]
    public async Task Segment_DecodesToTheSamePicturesAtTheSameTimes(string encoder, string tag)
    {
        var clip = await Clip.EncodeAsync(_folder, encoder);
        var file = await SaveAsync(SegmentBytes.Build(clip, out var ends));

        Assert.True(ends.Count >= 5, $"{ends.Count - 1} fragments of 4 s");
        Assert.Equal(await Tool.FrameHashesAsync(clip.File, "v"), await Tool.FrameHashesAsync(file, "v"));
        Assert.Equal(tag, (await Tool.ProbeAsync(file, "stream=codec_tag_string", "v"))[0].TrimEnd(','));
        var times = (await Tool.ProbeAsync(file, "packet=pts", "v")).Select(l => long.Parse(l.TrimEnd(','), CultureInfo.InvariantCulture)).ToList();
        // ffmpeg adds the deepest negative composition offset to all times of the track (dts_shift in libavformat/mov.c).
        Assert.Equal(clip.Frames.Select(f => f.Time), times.Select(t => t - times.Min()));
        var decode = (await Tool.ProbeAsync(file, "packet=dts", "v")).Select(l => long.Parse(l.TrimEnd(','), CultureInfo.InvariantCulture)).ToList();
        Assert.Equal(decode.Order(), decode);
        Assert.Equal(decode.Count, decode.Distinct().Count());
    }

    [Fact]
    public async Task Segment_IsReadable_WhileItIsWritten()
    {
        var clip = await Clip.EncodeAsync(_folder, "-c:v libx264 -preset ultrafast -g 25");
        var whole = SegmentBytes.Build(clip, out var ends);
        var file = await SaveAsync(whole[..ends[1]]);

        Assert.Equal(25, (await Tool.FrameHashesAsync(file, "v")).Length);
    }

    [Fact]
    public async Task Seek_LandsOnTheWantedPicture()
    {
        var clip = await Clip.EncodeAsync(_folder, "-c:v libx264 -preset ultrafast -g 25");
        var file = await SaveAsync(SegmentBytes.Build(clip, out _));

        var (all, _) = await Tool.RunAsync("ffmpeg", $"-v error -i \"{clip.File}\" -vf select=eq(n\\,75) -frames:v 1 -f md5 -");
        var (one, error) = await Tool.RunAsync("ffmpeg", $"-v error -ss 3 -i \"{file}\" -frames:v 1 -f md5 -");
        Assert.Equal("", error);
        Assert.Equal(all, one);
    }

    private async Task<string> SaveAsync(byte[] bytes)
    {
        var file = Path.Combine(_folder, "segment.mp4");
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        return file;
    }
}
