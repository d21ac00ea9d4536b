using Heldar.Edge.Recorder;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using Microsoft.Extensions.Logging.Abstractions;
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
            var gate = _box.Recorders.Guard(recorder);
            using var feed = new Feed(gate, _box.Pool, _box.Clock);
            var start = feed.Now;
            Assert.False(gate.IsOpen);
            Assert.True(gate.Open(Instant.MinValue));
            feed.Start(clip.Format);
            Assert.False(gate.Open(Instant.MinValue));
            feed.Play(clip.Frames.Take(40).ToList());
            gate.CloseAt(start + Duration.FromMilliseconds(1300));
            feed.Play(Rebased(clip, 40, 35));
            Assert.False(gate.IsOpen);
            // The picture group that runs comes again with a new subscription.
            Assert.True(gate.Open(Instant.MinValue));
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
        var gate = _box.Recorders.Guard(recorder);
        using var feed = new Feed(gate, _box.Pool, _box.Clock);
        gate.Open(Instant.MinValue);
        feed.Start(clip.Format);
        feed.Play(clip.Frames);
        gate.CloseAt(feed.Now);
        for (var i = 0; i < 4; i++) feed.Play(clip.Frames);
        Assert.False(gate.IsOpen);
        Assert.Null(recorder.Progress.RecordedSince);
        gate.Open(Instant.MinValue);
        gate.OnRun(feed.Run);
        gate.OnFormat(new(clip.Format, null));
        feed.Play(clip.Frames);
        Assert.Empty(recorder.Progress.Breaks);
        recorder.OnLost(Heldar.Media.Streams.StreamLoss.Stalled, "no media");
        feed.Wait(Duration.FromSeconds(7));
        feed.Start(clip.Format);
        feed.Play(clip.Frames);
        await Eventually.TrueAsync(() => recorder.Progress.BreakCount > 0, "the break is told");
        Assert.Equal("stalled", Assert.Single(recorder.Progress.Breaks).Cause);
        await recorder.DisposeAsync();
        Assert.Equal(75, recorder.Progress.Frames);
    }

    [Fact]
    public async Task Recording_EndsWithoutAKeyframe_WhenNoneComes()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 500", 350);
        await using var recorder = _box.Recorders.Create(Camera, new RecorderOptions());
        var gate = _box.Recorders.Guard(recorder);
        using var feed = new Feed(gate, _box.Pool, _box.Clock);
        gate.Open(Instant.MinValue);
        gate.CloseAt(feed.Now + Duration.FromSeconds(2));
        feed.Start(clip.Format);
        feed.Play(clip.Frames);

        Assert.False(gate.IsOpen);
        Assert.Equal(300, recorder.Progress.Frames);
    }

    [Theory]
    [InlineData(4000, 3000)]
    [InlineData(500, 6000)]
    public async Task PreRoll_IsRecordedBeforeTheTrigger_AndJoinsTheStream(int before, int first)
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -bf 2 -b_strategy 0 -g 25", 250);
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions { SegmentLength = Duration.FromSeconds(3) }))
        {
            var gate = _box.Recorders.Guard(recorder);
            gate.Keep(Duration.FromSeconds(5));
            using var feed = new Feed(gate, _box.Pool, _box.Clock);
            feed.Start(clip.Format);
            feed.Play(Rebased(clip, 0, 175));
            Assert.Equal(0, recorder.Progress.Frames);
            Assert.InRange(gate.PreRoll!.Reach, Duration.FromSeconds(5), Duration.FromSeconds(6));
            Assert.False(gate.Open(feed.Now - Duration.FromMilliseconds(before)));
            Assert.True(gate.IsOpen);
            // The stream goes on while the ring is read.
            for (var at = 175; at < 250; at += 25) feed.Play(Rebased(clip, at, 25));
            await gate.DisposeAsync();
        }

        await EndAsync();
        var segments = await _box.SegmentsAsync(Camera.Uid);
        Assert.Equal((await Tool.FrameHashesAsync(clip.File, "v")).Skip(first / 40), await PicturesAsync(segments));
        Assert.Equal(segments.Skip(1).Select(s => s.Start), segments.SkipLast(1).Select(s => s.End));
        Assert.All(segments.SkipLast(1), s => Assert.Equal(Duration.FromSeconds(3), s.End - s.Start));
        Assert.Equal(0, _box.Rings.MemoryBytes);
    }

    /// <summary>What goes wrong between ring and recorder costs the pre-roll, not the recording.</summary>
    [Fact]
    public async Task PreRollThatCannotBeRead_IsGivenUp_AndTheStreamIsRecorded()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 150);
        await using var recorder = _box.Recorders.Create(Camera, new RecorderOptions());
        await using var gate = new RecordGate(recorder, _box.Rings, () => throw new InvalidOperationException("for once"), _box.Clock, NullLogger.Instance);
        gate.Keep(Duration.FromSeconds(5));
        using var feed = new Feed(gate, _box.Pool, _box.Clock);
        feed.Start(clip.Format);
        feed.Play(Rebased(clip, 0, 75));
        Assert.False(gate.Open(feed.Now - Duration.FromSeconds(2)));
        await Eventually.TrueAsync(() => gate.PreRoll is null, "the ring is given up");
        feed.Play(Rebased(clip, 75, 50));
        gate.CloseAt(feed.Now);
        feed.Play(Rebased(clip, 125, 25));
        Assert.False(gate.IsOpen);
        Assert.Equal(50, recorder.Progress.Frames);
        // The pause keeps a pre-roll again.
        Assert.True(gate.PreRoll!.Reach > Duration.Zero);
    }

    [Fact]
    public async Task PreRoll_AfterAnEarlierEvent_DoublesNothing()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 250);
        RecorderProgress progress;
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions()))
        {
            var gate = _box.Recorders.Guard(recorder);
            gate.Keep(Duration.FromSeconds(60));
            using var feed = new Feed(gate, _box.Pool, _box.Clock);
            feed.Start(clip.Format);
            feed.Play(Rebased(clip, 0, 50));
            gate.Open(feed.Now - Duration.FromSeconds(1));
            feed.Play(Rebased(clip, 50, 25));
            await Eventually.TrueAsync(() => gate.PreRoll!.Reach == Duration.Zero, "the ring was read");
            gate.CloseAt(feed.Now + Duration.FromMilliseconds(500));
            for (var at = 75; at < 200; at += 25) feed.Play(Rebased(clip, at, 25));
            Assert.False(gate.IsOpen);
            // Far more than what was not recorded: it begins where the first recording ended.
            gate.Open(Instant.MinValue);
            feed.Play(Rebased(clip, 200, 50));
            await gate.DisposeAsync();
            progress = recorder.Progress;
        }

        await EndAsync();
        var segments = await _box.SegmentsAsync(Camera.Uid);
        Assert.Equal((await Tool.FrameHashesAsync(clip.File, "v")).Skip(25), await PicturesAsync(segments));
        Assert.Equal(2, segments.Count);
        Assert.Equal(segments[0].End, segments[1].Start);
        Assert.Empty(progress.Breaks);
    }

    [Fact]
    public async Task PreRollThatLiesOnDisk_IsRecordedWhole()
    {
        await using var box = new RecordingFixture(preRoll: new() { BudgetBytes = 512 << 10 });
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -crf 10 -g 25", 250);
        await using (var recorder = box.Recorders.Create(Camera, new RecorderOptions()))
        {
            var gate = box.Recorders.Guard(recorder);
            gate.Keep(Duration.FromSeconds(60));
            using var feed = new Feed(gate, box.Pool, box.Clock);
            feed.Start(clip.Format);
            for (var at = 0; at < 225; at++)
            {
                feed.Play(Rebased(clip, at, 1));
                while (box.Rings.Step()) Assert.Null(box.Rings.Problem);
            }

            Assert.True(gate.PreRoll!.SpilledBytes > clip.Frames.Take(200).Sum(f => f.Bytes.Length) / 3, $"{gate.PreRoll}");
            Assert.Empty(Directory.EnumerateFiles(box.Root, "*.spill"));
            gate.Open(Instant.MinValue);
            feed.Play(Rebased(clip, 225, 25));
            await gate.DisposeAsync();
        }

        await Eventually.TrueAsync(() => box.IndexWriter.Waiting == 0, "the index took everything");
        await box.IndexWriter.DisposeAsync();
        Assert.Equal(await Tool.FrameHashesAsync(clip.File, "v"), await PicturesAsync(await box.SegmentsAsync(Camera.Uid)));
        Assert.Equal((0L, 0L), (box.Pool.BytesInUse, box.Rings.MemoryBytes));
    }

    [Fact]
    public async Task WithoutPreRoll_NothingIsKept()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, "-c:v libx264 -preset ultrafast -g 25", 50);
        await using var recorder = _box.Recorders.Create(Camera, new RecorderOptions());
        var gate = _box.Recorders.Guard(recorder);
        gate.Keep(Duration.Zero);
        using (var feed = new Feed(gate, _box.Pool, _box.Clock))
        {
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
        }

        Assert.Null(gate.PreRoll);
        Assert.False(_box.Rings.Any);
        Assert.Equal((0L, 0L), (_box.Rings.MemoryBytes, _box.Pool.BytesInUse));
    }

    private async Task EndAsync()
    {
        await Eventually.TrueAsync(() => _box.IndexWriter.Waiting == 0, "the index took everything");
        await _box.IndexWriter.DisposeAsync();
        Assert.Equal(0, _box.Pool.BytesInUse);
    }

    private static async Task<List<string>> PicturesAsync(IReadOnlyList<Heldar.Edge.Indexer.Segment> segments)
    {
        List<string> pictures = [];
        foreach (var segment in segments) pictures.AddRange(await Tool.FrameHashesAsync(segment.File!, "v"));
        return pictures;
    }

    private static List<ClipFrame> Rebased(Clip clip, int from, int count)
    {
        var origin = clip.Frames[from].Time;
        return [.. clip.Frames.Skip(from).Take(count).Select(f => f with { Time = f.Time - origin })];
    }
}
