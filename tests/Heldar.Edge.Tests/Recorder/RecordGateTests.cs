using Heldar.Edge.Recorder;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Recorder;

/// <summary>Recording that stops and starts: no picture between is lost that was wanted, none is there twice. ffmpeg reads the pictures.</summary>
public sealed class RecordGateTests : IAsyncDisposable
{
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-00000000006a"), "gate");
    private readonly RecordingFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task Recording_EndsWithAPictureGroup_AndGoesOnWithTheNext()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 125);
        RecorderProgress progress;
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions()))
        {
            var gate = new RecordGate(recorder, _box.Clock);
            using var feed = new Feed(gate, _box.Pool, _box.Clock);
            var start = feed.Now;
            Assert.False(gate.IsOpen);
            Assert.True(gate.Open());
            feed.Start(clip.Format);
            Assert.False(gate.Open());
            feed.Play(clip.Frames.Take(40).ToList());
            gate.CloseAt(start + Duration.FromMilliseconds(1300));
            feed.Play(Rebased(clip, 40, 35));
            Assert.False(gate.IsOpen);
            // The picture group that runs comes again with a new subscription.
            Assert.True(gate.Open());
            gate.OnRun(feed.Run);
            gate.OnFormat(new(clip.Format, null));
            feed.Now = start + Duration.FromSeconds(2);
            feed.Rewind(25);
            feed.Play(Rebased(clip, 50, 75));
            progress = recorder.Progress;
        }

        await _box.IndexWriter.DisposeAsync();
        var segments = await _box.SegmentsAsync(Camera.Uid);
        List<string> pictures = [];
        foreach (var segment in segments) pictures.AddRange(await Tool.FrameHashesAsync(segment.File!, "v"));
        Assert.Equal(await Tool.FrameHashesAsync(clip.File, "v"), pictures);
        Assert.Equal(2, segments.Count);
        Assert.Equal(segments[0].End, segments[1].Start);
        Assert.Empty(progress.Breaks);
    }

    [Fact]
    public async Task APause_IsNoBreak()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 25);
        await using var recorder = _box.Recorders.Create(Camera, new RecorderOptions());
        var gate = new RecordGate(recorder, _box.Clock);
        using var feed = new Feed(gate, _box.Pool, _box.Clock);
        gate.Open();
        feed.Start(clip.Format);
        feed.Play(clip.Frames);
        gate.CloseAt(feed.Now);
        for (var i = 0; i < 4; i++) feed.Play(clip.Frames);
        Assert.False(gate.IsOpen);
        Assert.Null(recorder.Progress.RecordedSince);
        gate.Open();
        feed.Play(clip.Frames);
        Assert.Empty(recorder.Progress.Breaks);
        recorder.OnLost(Heldar.Media.Streams.StreamLoss.Stalled, "no media");
        feed.Wait(Duration.FromSeconds(7));
        feed.Start(clip.Format);
        feed.Play(clip.Frames);
        Assert.Equal("stalled", Assert.Single(recorder.Progress.Breaks).Cause);
        await recorder.DisposeAsync();
        Assert.Equal(75, recorder.Progress.Frames);
    }

    [Fact]
    public async Task Recording_EndsWithoutAKeyframe_WhenNoneComes()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 500", 350);
        await using var recorder = _box.Recorders.Create(Camera, new RecorderOptions());
        var gate = new RecordGate(recorder, _box.Clock);
        using var feed = new Feed(gate, _box.Pool, _box.Clock);
        gate.Open();
        gate.CloseAt(feed.Now + Duration.FromSeconds(2));
        feed.Start(clip.Format);
        feed.Play(clip.Frames);

        Assert.False(gate.IsOpen);
        Assert.Equal(300, recorder.Progress.Frames);
    }

    private static List<ClipFrame> Rebased(Clip clip, int from, int count)
    {
        var origin = clip.Frames[from].Time;
        return [.. clip.Frames.Skip(from).Take(count).Select(f => f with { Time = f.Time - origin })];
    }
}
