using Heldar.Edge.Recorder;
using Heldar.Media.Streams;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Recorder;

/// <summary>G.711 is stored without loss and never at the price of video, judged by ffmpeg's own decoder.</summary>
public sealed class AudioTests : IAsyncDisposable
{
    private const int Packet = 160;
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000003"), "door");
    private readonly RecordingFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Theory]
    [InlineData(MediaCodec.G711Mu, "mulaw")]
    [InlineData(MediaCodec.G711A, "alaw")]
    public async Task G711_IsStoredWithoutLoss(MediaCodec codec, string ffmpegName)
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 100);
        var random = new Random(7);
        var sent = new List<byte>();
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions { SegmentLength = Duration.FromSeconds(300) }))
        {
            using var feed = new Feed(recorder, _box.Pool, _box.Clock);
            var start = feed.Now;
            feed.Start(clip.Format, new AudioFormat(codec, 8000, 1, []));
            for (var second = 0; second < 4; second++)
            {
                feed.Play([.. clip.Frames.Skip(second * 25).Take(25).Select(f => f with { Time = f.Time - (second * 90_000L) })]);
                for (var packet = second * 50; packet < (second + 1) * 50; packet++)
                {
                    var bytes = new byte[Packet];
                    random.NextBytes(bytes);
                    sent.AddRange(bytes);
                    feed.Send(TrackKind.Audio, 777_000 + (packet * Packet), start + Duration.FromMilliseconds(packet * 20), key: true, bytes);
                }
            }
        }

        await Eventually.TrueAsync(() => _box.IndexWriter.Waiting == 0, "the index took everything");
        await _box.IndexWriter.DisposeAsync();
        var segment = Assert.Single(await _box.SegmentsAsync(Camera.Uid));

        Assert.Equal(100, segment.Data.Frames);
        Assert.Equal("flac", (await Tool.ProbeAsync(segment.File!, "stream=codec_name", "a"))[0].TrimEnd(','));
        var raw = Path.Combine(_box.Folder, "sent.raw");
        await File.WriteAllBytesAsync(raw, [.. sent], TestContext.Current.CancellationToken);
        var expected = await PcmAsync($"-f {ffmpegName} -ar 8000 -ac 1 -i \"{raw}\"", "expected.pcm");
        var stored = await PcmAsync($"-i \"{segment.File}\" -map 0:a", "stored.pcm");
        Assert.Equal(expected, stored);
    }

    private async Task<byte[]> PcmAsync(string input, string name)
    {
        var target = Path.Combine(_box.Folder, name);
        await Tool.RunAsync("ffmpeg", $"-v error -y {input} -f s16le \"{target}\"");
        return await File.ReadAllBytesAsync(target, TestContext.Current.CancellationToken);
    }
}
