using Heldar.Edge.Indexer;
using Heldar.Edge.Recorder;
using Heldar.Media.Streams;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Recorder;

/// <summary>G.711 of a camera is in the file as FLAC; ffmpeg hears exactly the samples of its own G.711 decoder, and video is the same as without.</summary>
public sealed class G711RecordingTests : IAsyncDisposable
{
    private const int Packet = 160;
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000711"), "door");
    private readonly RecordingFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Theory]
    [InlineData(MediaCodec.G711Mu, "mulaw")]
    [InlineData(MediaCodec.G711A, "alaw")]
    public async Task Sound_IsKeptWithoutLoss(MediaCodec codec, string format)
    {
        var (raw, sound) = await SoundAsync(format);
        var (clip, segment, dropped) = await RecordAsync(new AudioFormat(codec, 8000, 1, []), sound, _ => false);

        Assert.Equal(0, dropped);
        Assert.Equal("flac,8000,1", (await Tool.ProbeAsync(segment.File!, "stream=codec_name,sample_rate,channels", "a"))[0].TrimEnd(','));
        Assert.Equal(await PcmAsync($"-f {format} -ar 8000 -ac 1 -i \"{raw}\""), await PcmAsync($"-err_detect crccheck+explode -i \"{segment.File}\""));
        Assert.Equal(await Tool.FrameHashesAsync(clip.File, "v"), await Tool.FrameHashesAsync(segment.File!, "v"));
    }

    [Fact]
    public async Task BadPackets_AreCounted_AndCostNoVideo()
    {
        var (_, sound) = await SoundAsync("mulaw");
        var (clip, segment, dropped) = await RecordAsync(new AudioFormat(MediaCodec.G711Mu, 8000, 1, []), sound, i => i % 50 == 7);

        Assert.Equal(4, dropped);
        Assert.Equal(await Tool.FrameHashesAsync(clip.File, "v"), await Tool.FrameHashesAsync(segment.File!, "v"));
        var (_, error) = await Tool.RunAsync("ffmpeg", $"-v error -i \"{segment.File}\" -f null -");
        Assert.Equal("", error);
    }

    private async Task<(string File, byte[] Bytes)> SoundAsync(string format)
    {
        var file = Path.Combine(_box.Folder, format + ".raw");
        await Tool.RunAsync("ffmpeg", $"-v error -f lavfi -i \"sine=440:r=8000:d=4,volume=2\" -f {format} \"{file}\"");
        var bytes = await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
        new Random(1).NextBytes(bytes.AsSpan(8000, 8000));
        await File.WriteAllBytesAsync(file, bytes, TestContext.Current.CancellationToken);
        return (file, bytes);
    }

    /// <summary>Four seconds of film and sound, 20 ms a packet; a packet that is <paramref name="bad"/> comes as 5,000 or as 3 samples.</summary>
    private async Task<(Clip Clip, Segment Segment, long Dropped)> RecordAsync(AudioFormat audio, byte[] sound, Func<int, bool> bad)
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 100);
        long dropped;
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions()))
        {
            using var feed = new Feed(recorder, _box.Pool, _box.Clock);
            var start = feed.Now;
            feed.Start(clip.Format, audio);
            var packet = 0;
            foreach (var frame in clip.Frames)
            {
                var now = start + Duration.FromNanoseconds(frame.Time * 100_000 / 9);
                feed.Send(TrackKind.Video, 1_000_000 + frame.Time, now, frame.Key, frame.Bytes);
                for (; packet * Packet < sound.Length && packet * 20 <= frame.Time / 90; packet++)
                {
                    var bytes = bad(packet) ? new byte[packet % 100 == 7 ? 5000 : 3] : sound.AsSpan(packet * Packet, Packet).ToArray();
                    feed.Send(TrackKind.Audio, 77_000 + (packet * Packet), start + Duration.FromMilliseconds(packet * 20), true, bytes);
                }
            }

            for (; packet * Packet < sound.Length; packet++)
                feed.Send(TrackKind.Audio, 77_000 + (packet * Packet), start + Duration.FromMilliseconds(packet * 20), true, sound.AsSpan(packet * Packet, Packet).ToArray());
            dropped = recorder.Progress.DroppedAudio;
        }

        await Eventually.TrueAsync(() => _box.IndexWriter.Waiting == 0, "the index took everything");
        await _box.IndexWriter.DisposeAsync();
        Assert.Equal(0, _box.Pool.BytesInUse);
        return (clip, Assert.Single(await _box.SegmentsAsync(Camera.Uid)), dropped);
    }

    private async Task<byte[]> PcmAsync(string input)
    {
        var file = Path.Combine(_box.Folder, Guid.NewGuid().ToString("N") + ".pcm");
        var (_, error) = await Tool.RunAsync("ffmpeg", $"-v error {input} -map 0:a -f s16le \"{file}\"");
        Assert.Equal("", error);
        return await File.ReadAllBytesAsync(file, TestContext.Current.CancellationToken);
    }
}
