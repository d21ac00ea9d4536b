using System.Diagnostics;
using Heldar.Contracts.Events;
using Heldar.Edge.Recorder;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Storage;

/// <summary>Invariant 6: a slow or failing volume costs footage, never the ingest thread; what was written stays whole, and recording comes back.</summary>
public sealed class VolumeTroubleTests
{
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate");
    private static readonly RecorderOptions TwoSeconds = new() { SegmentLength = Duration.FromSeconds(2) };

    [Fact]
    public async Task Recorder_DropsItsOwnMedia_WhenTheVolumeStandsStill()
    {
        using var gate = new StandStill();
        await using var box = new RecordingFixture(
            new StorageOptions { MaxQueuedBytes = 1 << 20, SyncInterval = Duration.FromMilliseconds(100) }, index => gate.Before(index));
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25 -b:v 4M -minrate 4M -maxrate 4M -bufsize 1M -x264-params nal-hrd=cbr", 100);
        await using (var recorder = box.Recorders.Create(Camera, TwoSeconds))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await gate.Reached.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);

            var watch = Stopwatch.StartNew();
            for (var i = 0; i < 10; i++) feed.Play(clip.Frames);
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"feeding took {watch.Elapsed}");
            Assert.InRange(recorder.Progress.DroppedFrames, 1, 1000);
            Assert.InRange(box.Writers.All[0].QueuedBytes, 1, 1 << 20);
            Assert.InRange(box.Pool.BytesInUse, 1, 8 << 20);

            gate.Open();
            await Eventually.TrueAsync(() => box.Writers.All[0].QueuedBytes == 0, "the writer caught up");
            feed.Play(clip.Frames);
            Assert.Equal(1200, recorder.Progress.Frames + recorder.Progress.DroppedFrames);
            await Eventually.TrueAsync(() => recorder.Progress.BreakCount > 0, "the break is told");
            Assert.All(recorder.Progress.Breaks, b => Assert.Equal("volume", b.Cause));
        }

        await Eventually.TrueAsync(() => box.IndexWriter.Waiting == 0, "the index took everything");
        await box.IndexWriter.DisposeAsync();
        var segments = await box.SegmentsAsync(Camera.Uid);
        foreach (var segment in segments) Assert.Equal(segment.Data.Frames, (await Tool.FrameHashesAsync(segment.File!, "v")).Length);
        Assert.Equal(0, box.Pool.BytesInUse);
    }

    [Fact]
    public async Task Recorder_ComesBack_WhenTheVolumeDoes()
    {
        await using var box = new RecordingFixture();
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25", 50);
        var blocked = Path.Combine(box.Root, "gate");
        await File.WriteAllTextAsync(blocked, "a file where the camera's folder must be", TestContext.Current.CancellationToken);
        await using (var recorder = box.Recorders.Create(Camera, TwoSeconds))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => recorder.Progress.LastError is not null, "the failure is told");
            feed.Play(clip.Frames);
            Assert.True(recorder.Progress.DroppedFrames > 0);

            await Eventually.TrueAsync(() => box.Writers.All[0].QueuedBytes == 0, "the writer caught up");
            File.Delete(blocked);
            feed.Play(clip.Frames);
            feed.Play(clip.Frames);
        }

        // The thread says so after the sync that follows the writing.
        await Eventually.TrueAsync(() => box.Writers.All[0].Failure is null, "the volume works again");
        await Eventually.TrueAsync(() => box.IndexWriter.Waiting == 0, "the index took everything");
        await box.IndexWriter.DisposeAsync();
        var segments = await box.SegmentsAsync(Camera.Uid);
        Assert.True(segments.Sum(s => s.Data.Frames) >= 50, $"{segments.Sum(s => s.Data.Frames)} frames");
        foreach (var segment in segments) Assert.Equal(segment.Data.Frames, (await Tool.FrameHashesAsync(segment.File!, "v")).Length);
        Assert.Equal(0, box.Pool.BytesInUse);
    }

    /// <summary>A camera's folder that leads elsewhere takes nothing, and says so; with a folder in its place recording goes on.</summary>
    [Fact]
    public async Task Recorder_WritesNothingBehindALink()
    {
        await using var box = new RecordingFixture();
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25", 50);
        var outside = Directory.CreateDirectory(Path.Combine(box.Folder, "outside")).FullName;
        var linked = Path.Combine(box.Root, "gate");
        File.CreateSymbolicLink(linked, outside);
        await using (var recorder = box.Recorders.Create(Camera, TwoSeconds))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => recorder.Progress.LastError is not null, "the failure is told");
            Assert.Equal((VolumeFault.Linked, "linked"), (recorder.Progress.LastFault, VolumeFault.Linked.Word()));
            Assert.Contains($"{linked} is a symbolic link", recorder.Progress.LastError, StringComparison.Ordinal);
            await Eventually.TrueAsync(() => box.Writers.All[0].QueuedBytes == 0, "the writer caught up");
            Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
            Assert.DoesNotContain(box.Seals(), r => r.Type == SealType.Opened);

            File.Delete(linked);
            feed.Play(clip.Frames);
            feed.Play(clip.Frames);
        }

        await Eventually.TrueAsync(() => box.IndexWriter.Waiting == 0, "the index took everything");
        await box.IndexWriter.DisposeAsync();
        Assert.NotEmpty(await box.SegmentsAsync(Camera.Uid));
        Assert.Empty(Directory.EnumerateFileSystemEntries(outside));
    }

    /// <summary>Holds the volume's thread at the first closed segment.</summary>
    private sealed class StandStill : ISegmentSink, IDisposable
    {
        private readonly ManualResetEventSlim _open = new();
        private ISegmentSink? _inner;

        public TaskCompletionSource Reached { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public StandStill Before(ISegmentSink inner)
        {
            _inner = inner;
            return this;
        }

        public void Open() => _open.Set();

        public void Closed(Volume volume, string sealHour, string relativePath, SegmentData data)
        {
            Reached.TrySetResult();
            _open.Wait(TimeSpan.FromSeconds(60));
            _inner!.Closed(volume, sealHour, relativePath, data);
        }

        public void Dispose() => _open.Dispose();
    }
}
