using System.Security.Cryptography;
using Heldar.Edge.Recorder;
using Heldar.Media.Codecs;
using Heldar.Media.Streams;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Recorder;

/// <summary>Sound is recorded beside the pictures, and never at their cost.</summary>
public sealed class RecordedSoundTests : IAsyncDisposable
{
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate");
    private readonly RecordingFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task Aac_IsRecordedWhole()
    {
        var adts = Path.Combine(_box.Folder, "sound.aac");
        await Tool.RunAsync("ffmpeg", $"-v error -f lavfi -i sine=r=16000:d=6 -c:a aac -f adts \"{adts}\"");
        var bytes = await File.ReadAllBytesAsync(adts, TestContext.Current.CancellationToken);
        var packets = new List<byte[]>();
        for (var at = 0; at < bytes.Length; at += Length(bytes, at)) packets.Add(bytes[(at + 7)..(at + Length(bytes, at))]);

        var (files, recorder) = await RecordAsync(AacConfig.Parse([0x14, 0x08], 16_000)!, packets, 1024);

        Assert.Equal(0, recorder.DroppedAudio);
        List<string> heard = [];
        foreach (var file in files) heard.AddRange(await PacketHashesAsync(file));
        Assert.Equal(packets.Take(heard.Count).Select(p => Convert.ToHexStringLower(SHA256.HashData(p))), heard);
        Assert.InRange(heard.Count, 90, 94);
        foreach (var file in files) Assert.Equal("aac,mp4a,16000", await TrackAsync(file));

        static int Length(byte[] adts, int at) => ((adts[at + 3] & 3) << 11) | (adts[at + 4] << 3) | (adts[at + 5] >> 5);
    }

    [Theory]
    [InlineData(MediaCodec.G711A, "pcm_alaw", "alaw")]
    [InlineData(MediaCodec.G711Mu, "pcm_mulaw", "mulaw")]
    public async Task G711_IsRecordedWithoutLoss_AsFlac(MediaCodec codec, string encoder, string format)
    {
        var raw = Path.Combine(_box.Folder, "sound.raw");
        await Tool.RunAsync("ffmpeg", $"-v error -f lavfi -i \"sine=f=440:r=8000:d=6\" -c:a {encoder} -f {format} \"{raw}\"");
        var samples = await File.ReadAllBytesAsync(raw, TestContext.Current.CancellationToken);

        var (files, recorder) = await RecordAsync(new AudioFormat(codec, 8000, 1, []), [.. samples.Chunk(160)], 160);

        Assert.Equal(0, recorder.DroppedAudio);
        foreach (var file in files) Assert.Equal("flac,fLaC,8000", await TrackAsync(file));
        var heard = new MemoryStream();
        foreach (var file in files) await heard.WriteAsync(await PcmAsync($"-i \"{file}\""), TestContext.Current.CancellationToken);
        var wanted = await PcmAsync($"-f {format} -ar 8000 -ac 1 -i \"{raw}\"");
        Assert.InRange(heard.Length, wanted.Length - 3200, wanted.Length);
        Assert.Equal(wanted[..(int)heard.Length], heard.ToArray());
    }

    [Fact]
    public async Task BadSound_CostsNoPicture()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 100);
        var random = new Random(7);
        await using var recorder = _box.Recorders.Create(Camera, new RecorderOptions());
        using var feed = new Feed(recorder, _box.Pool, _box.Clock);
        feed.Start(clip.Format, new AudioFormat(MediaCodec.G711A, 8000, 1, []));
        var start = feed.Now;
        foreach (var frame in clip.Frames)
        {
            for (var i = 0; i < 3; i++)
            {
                var packet = new byte[random.Next(0, 6000)];
                random.NextBytes(packet);
                if (packet.Length > 0) feed.Send(TrackKind.Audio, random.NextInt64(long.MinValue / 4, long.MaxValue / 4), start + Duration.FromMilliseconds(random.Next(-5000, 9000)), true, packet);
            }

            feed.Send(TrackKind.Video, frame.Time, start + Duration.FromMilliseconds(frame.Time / 90), frame.Key, frame.Bytes);
        }

        await recorder.DisposeAsync();
        Assert.True(recorder.Progress.DroppedAudio > 0);
        await Eventually.TrueAsync(() => _box.IndexWriter.Waiting == 0, "indexed");
        await _box.IndexWriter.DisposeAsync();
        var segment = Assert.Single(await _box.SegmentsAsync(Camera.Uid));
        Assert.Equal(100, segment.Data.Frames);
        Assert.Equal(await Tool.FrameHashesAsync(clip.File, "v"), await Tool.FrameHashesAsync(segment.File!, "v"));
    }

    [Fact]
    public async Task SoundThatCannotBeStored_IsLeftOut()
    {
        var (files, recorder) = await RecordAsync(new AudioFormat(MediaCodec.G711A, 8000, 2, []), [.. new byte[48_000].Chunk(320)], 160);

        Assert.True(recorder.DroppedAudio > 0);
        foreach (var file in files) Assert.Equal(50, (await Tool.FrameHashesAsync(file, "v")).Length);
    }

    private static async Task<string> TrackAsync(string file) => (await Tool.ProbeAsync(file, "stream=codec_name,codec_tag_string,sample_rate", "a"))[0];

    private static async Task<string[]> PacketHashesAsync(string file)
    {
        var (output, _) = await Tool.RunAsync("ffmpeg", $"-v error -i \"{file}\" -map 0:a -c copy -f framehash -hash sha256 -");
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(l => l[0] != '#').Select(l => l.Split(',')[^1].Trim())];
    }

    private async Task<byte[]> PcmAsync(string input)
    {
        var target = Path.Combine(_box.Folder, Guid.NewGuid().ToString("N"));
        await Tool.RunAsync("ffmpeg", $"-v error {input} -map 0:a -f s16le \"{target}\"");
        return await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken);
    }

    /// <summary>Six seconds in segments of two, picture and sound by turns.</summary>
    private async Task<(IReadOnlyList<string> Files, RecorderProgress Progress)> RecordAsync(AudioFormat audio, List<byte[]> packets, int samples)
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 150);
        await using var recorder = _box.Recorders.Create(Camera, new RecorderOptions { SegmentLength = Duration.FromSeconds(2) });
        using var feed = new Feed(recorder, _box.Pool, _box.Clock);
        feed.Start(clip.Format, audio);
        var (start, next) = (feed.Now, 0);
        foreach (var frame in clip.Frames)
        {
            feed.Send(TrackKind.Video, frame.Time, start + Duration.FromMilliseconds(frame.Time / 90), frame.Key, frame.Bytes);
            for (; next < packets.Count && next * (long)samples * 90_000 / audio.SampleRate < frame.Time + 3600; next++)
                feed.Send(TrackKind.Audio, 77_000 + (next * (long)samples), start + Duration.FromNanoseconds(next * (long)samples * 1_000_000_000 / audio.SampleRate), true, packets[next]);
        }

        await recorder.DisposeAsync();
        await Eventually.TrueAsync(() => _box.IndexWriter.Waiting == 0, "indexed");
        await _box.IndexWriter.DisposeAsync();
        var segments = await _box.SegmentsAsync(Camera.Uid);
        Assert.Equal([50, 50, 50], segments.Select(s => s.Data.Frames));
        feed.Dispose();
        Assert.Equal(0, _box.Pool.BytesInUse);
        return ([.. segments.Select(s => s.File!)], recorder.Progress);
    }
}
