using Heldar.Media.Codecs;
using Heldar.Media.Flac;
using Heldar.Media.Streams;

namespace Heldar.Media.Tests.Mp4;

/// <summary>A second track with sound: AAC as it comes, G.711 as FLAC.</summary>
public sealed class SoundTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("heldar-sound-").FullName;

    public void Dispose() => Directory.Delete(_folder, true);

    [Fact]
    public async Task Aac_IsStoredAsItComes()
    {
        var adts = Path.Combine(_folder, "sound.aac");
        await Tool.RunAsync("ffmpeg", $"-v error -f lavfi -i sine=r=16000:d=4 -c:a aac -f adts \"{adts}\"");
        var units = Units(await File.ReadAllBytesAsync(adts, TestContext.Current.CancellationToken));
        var format = AacConfig.Parse([0x14, 0x08], 16_000)!;
        var file = await SaveAsync(format, units);

        Assert.Equal("aac,mp4a,16000", await TrackAsync(file));
        Assert.Equal(await Tool.FrameHashesAsync(adts, "a"), await Tool.FrameHashesAsync(file, "a"));
        Assert.Equal(100, (await Tool.FrameHashesAsync(file, "v")).Length);
    }

    [Fact]
    public async Task G711_IsStoredAsFlac()
    {
        var (random, encoder, buffer) = (new Random(5), new FlacEncoder(MediaCodec.G711A), new byte[FlacEncoder.MaxBytes(160)]);
        var units = new List<ClipFrame>();
        for (var at = 0; at < 32_000; at += 160)
        {
            var packet = new byte[160];
            random.NextBytes(packet);
            units.Add(new ClipFrame(at, buffer[..encoder.Encode(packet, at, buffer)], true));
        }

        var file = await SaveAsync(new AudioFormat(MediaCodec.G711A, 8000, 1, []), units);

        Assert.Equal("flac,fLaC,8000", await TrackAsync(file));
        Assert.Equal(200, (await Tool.FrameHashesAsync(file, "a")).Length);
        Assert.Equal(100, (await Tool.FrameHashesAsync(file, "v")).Length);
    }

    private static async Task<string> TrackAsync(string file) => (await Tool.ProbeAsync(file, "stream=codec_name,codec_tag_string,sample_rate", "a"))[0];

    private static List<ClipFrame> Units(byte[] adts)
    {
        var units = new List<ClipFrame>();
        for (var at = 0; at < adts.Length;)
        {
            var length = ((adts[at + 3] & 3) << 11) | (adts[at + 4] << 3) | (adts[at + 5] >> 5);
            units.Add(new ClipFrame(units.Count * 1024L, adts[(at + 7)..(at + length)], true));
            at += length;
        }

        return units;
    }

    private async Task<string> SaveAsync(AudioFormat format, IReadOnlyList<ClipFrame> sound)
    {
        var clip = await Clip.EncodeAsync(_folder, "-c:v libx264 -preset ultrafast -g 25");
        var file = Path.Combine(_folder, "segment.mp4");
        await File.WriteAllBytesAsync(file, SegmentBytes.Build(clip, out _, format, sound), TestContext.Current.CancellationToken);
        return file;
    }
}
