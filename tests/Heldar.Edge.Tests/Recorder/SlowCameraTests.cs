using System.Globalization;
using Heldar.Edge.Recorder;
using Heldar.Media.Streams;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Recorder;

/// <summary>Invariant 1 for cameras with less than a picture a second: what arrived is on disk within 2 s, also when no further picture comes.</summary>
public sealed class SlowCameraTests : IAsyncDisposable
{
    /// <summary>One second of the promise is the volume's: its syncs are that far apart.</summary>
    private static readonly Duration Promised = Duration.FromSeconds(1);

    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate");
    private readonly RecordingFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Theory]
    [InlineData(700, 1)]
    [InlineData(2000, 4)]
    [InlineData(4500, 6)]
    public async Task LastPicture_SurvivesAKill_WhenNoneFollows(int interval, int pictures)
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25 -bf 0", pictures);
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions()))
        {
            using var feed = new Feed(recorder, _box.Pool, _box.Clock);
            Play(feed, recorder, clip, Duration.FromMilliseconds(interval), Promised);
            await Eventually.TrueAsync(() => OnDisk(recorder.Progress), "everything that was held is on disk");
            await _box.KillAsync();
        }

        await _box.StartAsync();
        var segment = Assert.Single(await _box.SegmentsAsync(Camera.Uid));
        Assert.Equal(await Tool.FrameHashesAsync(clip.File, "v"), await Tool.FrameHashesAsync(segment.File!, "v"));
        Assert.True(segment.End > segment.Start + Duration.FromMilliseconds(interval * (pictures - 1)));
    }

    [Theory]
    [InlineData(2000)]
    [InlineData(1100)]
    public async Task SlowPictures_MakeUnbrokenFootage(int interval)
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 5 -bf 0", 30);
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions { SegmentLength = Duration.FromMilliseconds(interval * 10) }))
        {
            using var feed = new Feed(recorder, _box.Pool, _box.Clock);
            Play(feed, recorder, clip, Duration.FromMilliseconds(interval), Promised);
            Assert.Empty(recorder.Progress.Breaks);
        }

        await Eventually.TrueAsync(() => _box.IndexWriter.Waiting == 0, "indexed");
        await _box.IndexWriter.DisposeAsync();
        var segments = await _box.SegmentsAsync(Camera.Uid);
        Assert.Equal([10, 10, 10], segments.Select(s => s.Data.Frames));
        Assert.Equal(segments.Skip(1).Select(s => s.Start), segments.SkipLast(1).Select(s => s.End));
        foreach (var segment in segments)
        {
            var times = (await Tool.ProbeAsync(segment.File!, "packet=pts_time", "v")).Select(Seconds).ToList();
            for (var i = 0; i < times.Count; i++) Assert.Equal(i * interval / 1000.0, times[i], 0.001);
            // Each picture is shown until the next.
            Assert.Equal(interval / 100.0, Seconds((await Tool.ProbeAsync(segment.File!, "format=duration", "v"))[0]), 0.01);
        }
    }

    [Theory]
    [InlineData("-c:v libx264 -preset ultrafast -g 25 -bf 0", 1)]
    [InlineData("-c:v libx264 -preset veryfast -bf 3 -b_strategy 0 -g 50", 1)]
    [InlineData("-c:v libx264 -preset veryfast -bf 2 -b_strategy 0 -g 50", 5)]
    [InlineData("-c:v libx265 -preset veryfast -x265-params log-level=none:bframes=3:open-gop=0:keyint=50 -tag:v hvc1", 3)]
    public async Task PicturesThatArriveLate_KeepTheirOrderAndTimes_HoweverTheyAreCut(string encoder, int together)
    {
        // The network stops for a second after each few of them, also between pictures that are not shown in the order they come in.
        var clip = await Clip.EncodeAsync(_box.Folder, encoder, 50);
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions()))
        {
            using var feed = new Feed(recorder, _box.Pool, _box.Clock);
            feed.Start(clip.Format);
            for (var i = 0; i < clip.Frames.Count; i++)
            {
                var frame = clip.Frames[i];
                feed.Send(TrackKind.Video, frame.Time, feed.Now + Duration.FromNanoseconds(frame.Time * 100_000 / 9), frame.Key, frame.Bytes);
                if (i % together == together - 1) recorder.OnTime(Promised * i);
            }
        }

        await Eventually.TrueAsync(() => _box.IndexWriter.Waiting == 0, "indexed");
        await _box.IndexWriter.DisposeAsync();
        var segment = Assert.Single(await _box.SegmentsAsync(Camera.Uid));
        Assert.InRange((segment.End - segment.Start).TotalSeconds, 2, 2.04);
        Assert.Equal(await Tool.FrameHashesAsync(clip.File, "v"), await Tool.FrameHashesAsync(segment.File!, "v"));
        var times = (await Tool.ProbeAsync(segment.File!, "packet=pts", "v")).Select(Seconds).ToList();
        Assert.Equal(clip.Frames.Select(f => (double)f.Time), times.Select(t => t - times.Min()));
        var order = (await Tool.ProbeAsync(segment.File!, "packet=dts", "v")).Select(Seconds).ToList();
        Assert.True(order.Zip(order.Skip(1)).All(p => p.First < p.Second), string.Join(' ', order));
    }

    [Fact]
    public async Task Sound_SurvivesAKill_WhenNoPictureFollows()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25 -bf 0", 2);
        var sound = new byte[160];
        new Random(5).NextBytes(sound);
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions()))
        {
            using var feed = new Feed(recorder, _box.Pool, _box.Clock);
            feed.Start(clip.Format, new AudioFormat(MediaCodec.G711A, 8000, 1, []));
            for (var packet = 0; packet < 350; packet++)
            {
                var time = Duration.FromMilliseconds(packet * 20);
                if (packet % 200 == 0) feed.Send(TrackKind.Video, packet * 1800L, feed.Now + time, clip.Frames[packet / 200].Key, clip.Frames[packet / 200].Bytes);
                feed.Send(TrackKind.Audio, packet * 160L, feed.Now + time, true, sound);
                recorder.OnTime(time);
            }

            await Eventually.TrueAsync(() => OnDisk(recorder.Progress), "everything that was held is on disk");
            await _box.KillAsync();
        }

        await _box.StartAsync();
        var segment = Assert.Single(await _box.SegmentsAsync(Camera.Uid));
        Assert.Equal(2, (await Tool.FrameHashesAsync(segment.File!, "v")).Length);
        Assert.True(segment.End > segment.Start + Duration.FromSeconds(4));
        var last = (await Tool.ProbeAsync(segment.File!, "packet=pts_time", "a"))[^1];
        Assert.InRange(Seconds(last), 6.98 - Promised.TotalSeconds, 7);
    }

    private static double Seconds(string line) => double.Parse(line.TrimEnd(','), CultureInfo.InvariantCulture);

    /// <summary>Pictures at an interval, with the ingest's ticks in between, and after the last one for <paramref name="after"/> only.</summary>
    private static void Play(Feed feed, CameraRecorder recorder, Clip clip, Duration interval, Duration after)
    {
        feed.Start(clip.Format);
        for (var i = 0; i < clip.Frames.Count; i++)
        {
            var taken = interval * i;
            feed.Send(TrackKind.Video, (long)(taken.TotalSeconds * VideoFormat.ClockRate), feed.Now + taken, clip.Frames[i].Key, clip.Frames[i].Bytes);
            for (var tick = Duration.Zero; tick < (i + 1 < clip.Frames.Count ? interval : after); tick += Duration.FromMilliseconds(40)) recorder.OnTime(taken + tick);
        }
    }

    private bool OnDisk(RecorderProgress p) =>
        _box.Writers.All[0].QueuedBytes == 0 && p.OpenPath is { } path && File.Exists(path) && p.OpenBytes > 0 && p.OpenBytes == new FileInfo(path).Length;
}
