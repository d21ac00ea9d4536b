using System.Globalization;
using Heldar.Contracts.Events;
using Heldar.Contracts.Evidence;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recorder;
using Heldar.Edge.Seals;
using Heldar.Media.Mp4;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Recorder;

/// <summary>Invariants 1 and 3: ffprobe, ffmpeg and sha256sum judge the files.</summary>
public sealed class CameraRecorderTests : IAsyncDisposable
{
    private const string Plain = "-c:v libx264 -preset ultrafast -g 25";
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate");
    private static readonly RecorderOptions TwoSeconds = new() { SegmentLength = Duration.FromSeconds(2) };
    private readonly RecordingFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Theory]
    [InlineData(Plain, "avc1")]
    [InlineData("-c:v libx264 -preset veryfast -bf 3 -b_strategy 0 -g 50", "avc1")]
    [InlineData("-c:v libx265 -preset ultrafast -x265-params log-level=none:bframes=0:keyint=25 -tag:v hvc1", "hvc1")]
    [InlineData("-c:v libx265 -preset veryfast -x265-params log-level=none:bframes=3:open-gop=0:keyint=50 -tag:v hvc1", "hvc1")]
    public async Task Recorder_KeepsEveryPicture_InSegmentsThatFollowEachOther(string encoder, string tag)
    {
        var clip = await Clip.EncodeAsync(_box.Folder, encoder, 150);
        var segments = await RecordAsync(clip);

        Assert.Equal(3, segments.Count);
        List<string> pictures = [];
        foreach (var segment in segments)
        {
            Assert.Equal(tag, (await Tool.ProbeAsync(segment.File!, "stream=codec_tag_string", "v"))[0].TrimEnd(','));
            var hashes = await Tool.FrameHashesAsync(segment.File!, "v");
            Assert.Equal(segment.Data.Frames, hashes.Length);
            pictures.AddRange(hashes);
        }

        Assert.Equal(await Tool.FrameHashesAsync(clip.File, "v"), pictures);
        Assert.Equal(segments.Skip(1).Select(s => s.Start), segments.SkipLast(1).Select(s => s.End));
        Assert.Equal(Duration.FromSeconds(6), segments[^1].End - segments[0].Start);
        Assert.All(segments, s => Assert.Equal(Duration.FromSeconds(2), s.End - s.Start));
    }

    [Fact]
    public async Task Segment_IsWhatItsSealSays()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, Plain, 100);
        var segments = await RecordAsync(clip);
        var seals = _box.Seals();

        Assert.Equal(2, segments.Count);
        foreach (var segment in segments)
        {
            var closed = Assert.Single(seals, s => s.Type == SealType.Closed && s.Data!.Segment == segment.Id);
            Assert.Equal(closed.Data, segment.Data);
            Assert.Equal(closed.Path, segment.RelativePath);
            var (sum, _) = await Tool.RunAsync("sha256sum", $"\"{segment.File}\"");
            Assert.Equal(sum.Split(' ')[0], segment.Data.Sha256);
            Assert.Equal(new FileInfo(segment.File!).Length, segment.Bytes);
            Assert.Equal(Root(segment, seals), segment.Data.Root);
            Assert.Equal((1, "closed", HashOrigin.Recorded, Camera.Uid), (segment.Data.Revision, segment.Data.Reason, segment.Data.HashOrigin, segment.Camera));
        }

        Assert.Equal(segments.Select(s => (EventTypes.SegmentClosed, EventIds.ForSegment(s.Id, EventTypes.SegmentClosed, 1), s.Data)), _box.Outbox.Events);
        var totals = await _box.Index.TotalsAsync(Camera.Uid, CancellationToken.None);
        Assert.Equal(new CameraTotals(2, segments.Sum(s => s.Bytes), 100), totals);
    }

    [Fact]
    public async Task File_ExplainsItself()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, Plain, 50);
        var segment = Assert.Single(await RecordAsync(clip));

        using var file = File.OpenHandle(segment.File!);
        var scan = SegmentScanner.Scan(file, CancellationToken.None);

        Assert.True(scan.IsClosed);
        Assert.Equal(new SegmentLabel(segment.Id, Camera.Uid, segment.Data.Run, segment.Start, 320, 180, clip.Format.CodecString), scan.Label);
        Assert.All(scan.Fragments, f => Assert.True(f.Frames is > 0 and <= 26, $"{f.Frames} frames in one fragment"));
    }

    [Fact]
    public async Task Recorder_StartsAtAKeyframe()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, Plain, 75);
        var segments = await RecordAsync(clip, clip.Frames.Skip(10).ToList());

        Assert.Equal(50, segments.Sum(s => s.Data.Frames));
        Assert.Equal(50, (await Tool.FrameHashesAsync(Assert.Single(segments).File!, "v")).Length);
    }

    [Fact]
    public async Task Recorder_CutsAtANewRunAndANewFormat()
    {
        var small = await Clip.EncodeAsync(_box.Folder, Plain, 25);
        var other = await Clip.EncodeAsync(_box.Folder, Plain + " -crf 40 -profile:v high -x264-params cabac=0:8x8dct=1", 25);
        Assert.NotEqual(small.Format, other.Format);
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions()))
        {
            using var feed = new Feed(recorder, _box.Pool, _box.Clock);
            feed.Start(small.Format);
            feed.Play(small.Frames);
            recorder.OnFormat(new(small.Format, null));
            feed.Play(small.Frames);
            recorder.OnFormat(new(other.Format, null));
            feed.Play(other.Frames);
            feed.Start(other.Format, reason: Heldar.Media.Streams.RunReason.ClockStep);
            feed.Play(other.Frames);
        }

        var segments = await StopAndReadAsync();
        Assert.Equal([50, 25, 25], segments.Select(s => s.Data.Frames));
        Assert.Equal(2, segments.Select(s => s.Data.Run).Distinct().Count());
        foreach (var segment in segments) Assert.Equal(segment.Data.Frames, (await Tool.FrameHashesAsync(segment.File!, "v")).Length);
    }

    [Theory]
    [InlineData(-3600)]
    [InlineData(3600)]
    [InlineData(-1_795_000_000)]
    [InlineData(315_619_200)]
    public async Task ClockThatSteps_CostsNoPicture(long seconds)
    {
        var clip = await Clip.EncodeAsync(_box.Folder, Plain, 50);
        var step = Duration.FromSeconds(seconds);
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions { SegmentLength = Duration.FromSeconds(3) }))
        {
            using var feed = new Feed(recorder, _box.Pool, _box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            feed.Play(clip.Frames);
            foreach (var by in (Duration[])[step, -step])
            {
                _box.Clock.Advance(by);
                feed.Now += by;
                feed.Start(clip.Format, reason: Heldar.Media.Streams.RunReason.ClockStep);
                feed.Play(clip.Frames);
                feed.Play(clip.Frames);
            }

            Assert.Equal(0, recorder.Progress.DroppedFrames);
        }

        var segments = await StopAndReadAsync();
        Assert.Equal(3, segments.Select(s => s.Data.Run).Distinct().Count());
        Assert.Equal(300, segments.Sum(s => s.Data.Frames));
        foreach (var run in segments.GroupBy(s => s.Data.Run))
            Assert.All(run.OrderBy(s => s.Start).Zip(run.OrderBy(s => s.Start).Skip(1)), pair => Assert.Equal(pair.First.End, pair.Second.Start));
        foreach (var segment in segments) Assert.Equal(segment.Data.Frames, (await Tool.FrameHashesAsync(segment.File!, "v")).Length);
    }

    [Theory]
    [InlineData(false, "packets_lost")]
    [InlineData(true, "stalled")]
    public async Task Break_IsToldWithItsCause(bool lost, string cause)
    {
        var clip = await Clip.EncodeAsync(_box.Folder, Plain, 25);
        Instant from, to;
        RecordingBreak gap;
        await using (var recorder = _box.Recorders.Create(Camera, new RecorderOptions()))
        {
            using var feed = new Feed(recorder, _box.Pool, _box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            from = feed.Now;
            if (lost) recorder.OnLost(Heldar.Media.Streams.StreamLoss.Stalled, "no media for 5 s");
            else recorder.OnDamage(40);
            feed.Wait(Duration.FromSeconds(7));
            to = feed.Now;
            if (lost) feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => recorder.Progress.BreakCount > 0, "the break is told");
            gap = Assert.Single(recorder.Progress.Breaks);
            Assert.Equal(1, recorder.Progress.BreakCount);
        }

        var segments = await StopAndReadAsync();
        Assert.Equal(new RecordingBreak(from, to, cause), gap);
        Assert.Equal(2, segments.Count);
        Assert.Equal((segments[0].End, segments[1].Start), (gap.From, gap.To));
    }

    [Fact]
    public async Task Progress_FollowsTheDisk()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, Plain, 100);
        await using var recorder = _box.Recorders.Create(Camera, TwoSeconds);
        using var feed = new Feed(recorder, _box.Pool, _box.Clock);
        var start = feed.Now;
        Assert.Equal(RecorderProgress.Empty, recorder.Progress);
        feed.Start(clip.Format);
        feed.Play(clip.Frames);

        await Eventually.TrueAsync(() => recorder.Progress.Segments == 1 && recorder.Progress.OpenBytes > 0 && recorder.Progress.RecordedThrough >= feed.Now - Duration.FromMilliseconds(1100), "recorded through");
        var open = recorder.Progress;
        Assert.Equal((start, start + Duration.FromSeconds(2)), (open.RecordedSince, open.OpenStart));
        Assert.Contains(open.OpenSegment!.Value.ToString("D"), open.OpenPath!, StringComparison.Ordinal);
        // What may be read of the running segment is whole pictures.
        var copy = Path.Combine(_box.Folder, "part.mp4");
        await File.WriteAllBytesAsync(copy, (await File.ReadAllBytesAsync(open.OpenPath!, TestContext.Current.CancellationToken)).AsMemory(0, (int)open.OpenBytes), TestContext.Current.CancellationToken);
        Assert.NotEmpty(await Tool.FrameHashesAsync(copy, "v"));

        await recorder.DisposeAsync();
        var end = recorder.Progress;
        Assert.Equal((2L, 100L, 0L, feed.Now), (end.Segments, end.Frames, end.DroppedFrames, end.RecordedThrough));
        Assert.Null(end.OpenSegment);
        Assert.Null(end.RecordedSince);
    }

    [Fact]
    public async Task SteadyState_AllocatesNothingPerFrame()
    {
        var clip = await Clip.EncodeAsync(_box.Folder, Plain, 100);
        await using var recorder = _box.Recorders.Create(Camera, new RecorderOptions { SegmentLength = Duration.FromSeconds(300) });
        using var feed = new Feed(recorder, _box.Pool, _box.Clock);
        feed.Start(clip.Format);
        for (var i = 0; i < 10; i++) feed.Play(clip.Frames);

        long allocated = 0;
        var frames = 0;
        for (var i = 0; i < 10; i++)
        {
            await Eventually.TrueAsync(() => _box.Writers.All[0].QueuedBytes == 0, "the writer caught up");
            foreach (var frame in clip.Frames)
            {
                Assert.True(_box.Pool.TryRent(frame.Bytes.Length, out var block));
                frame.Bytes.CopyTo(block.Bytes, 0);
                var unit = new Heldar.Media.Streams.AccessUnit(
                    Heldar.Media.Streams.TrackKind.Video, 1_000_000 + 3_600_000 + (i * 360_000L) + frame.Time, feed.Now + Duration.FromMilliseconds((i * 4000) + (frame.Time / 90)), frame.Key, block, 0, frame.Bytes.Length);
                var before = GC.GetAllocatedBytesForCurrentThread();
                recorder.OnAccessUnit(unit);
                allocated += GC.GetAllocatedBytesForCurrentThread() - before;
                block.Release();
                frames++;
            }
        }

        Assert.Equal(1000, frames);
        Assert.True(allocated < 16 * 1024, string.Create(CultureInfo.InvariantCulture, $"{allocated} bytes for {frames} frames"));
    }

    private static string Root(Segment segment, IReadOnlyList<SealRecord> seals)
    {
        var opened = seals.Single(s => s.Opened?.Segment == segment.Id).Opened!;
        var pieces = seals.Where(s => s.Fragments?.Segment == segment.Id).SelectMany(s => s.Fragments!.Items).OrderBy(i => i.Offset).ToList();
        Assert.Equal(segment.Bytes, opened.HeaderBytes + pieces.Sum(p => (long)p.Bytes));
        return Convert.ToHexStringLower(MerkleTree.Root([Convert.FromHexString(opened.HeaderSha256), .. pieces.Select(p => Convert.FromHexString(p.Sha256))]));
    }

    private async Task<IReadOnlyList<Segment>> RecordAsync(Clip clip, IReadOnlyList<ClipFrame>? frames = null)
    {
        await using (var recorder = _box.Recorders.Create(Camera, TwoSeconds))
        {
            using var feed = new Feed(recorder, _box.Pool, _box.Clock);
            feed.Start(clip.Format);
            feed.Play(frames ?? clip.Frames);
        }

        return await StopAndReadAsync();
    }

    private async Task<IReadOnlyList<Segment>> StopAndReadAsync()
    {
        await Eventually.TrueAsync(() => _box.IndexWriter.Waiting == 0, "the index took everything");
        await _box.IndexWriter.DisposeAsync();
        Assert.Equal(0, _box.Pool.BytesInUse);
        return await _box.SegmentsAsync(Camera.Uid);
    }
}
