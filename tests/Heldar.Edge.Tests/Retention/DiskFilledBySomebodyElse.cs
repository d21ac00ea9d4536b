using System.Diagnostics;
using Heldar.Contracts.Events;
using Heldar.Edge.Audit;
using Heldar.Edge.Holds;
using Heldar.Edge.Recorder;
using Heldar.Edge.Retention;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Recorder;
using Heldar.Edge.Tests.Storage;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Retention;

/// <summary>A real disk that somebody else fills in one go while a camera is recorded: retention's own loop makes room before recording notices.</summary>
public sealed class DiskFilledBySomebodyElse
{
    private const long Floor = 48L << 20;
    private const long Left = 24L << 20;
    private const long Footage = 64L << 20;
    private static readonly TimeSpan Within = TimeSpan.FromSeconds(10);
    private static readonly CameraIdentity Camera = new(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task IsRelievedWithinTenSeconds_AndNothingIsMissing()
    {
        using var disk = TinyDisk.Create(192);
        await using var box = await VolumesFixture.StartAsync(new VolumeSettings(disk.Path, VolumeRole.Primary, false));
        using var retainer = Retainer(box);
        using var service = new RetentionService(retainer, box.Alarm, NullLogger<RetentionService>.Instance);
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25 -b:v 4M -minrate 4M -maxrate 4M -bufsize 1M -x264-params nal-hrd=cbr", 50);
        var foreign = Path.Combine(disk.Path, "of-somebody-else");
        var writer = box.Writers.All[0];
        TimeSpan relieved;
        await using (var recorder = box.Recorders.Create(Camera, new RecorderOptions { SegmentLength = Duration.FromSeconds(2) }))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            while (writer.WrittenBytes < Footage)
            {
                feed.Play(clip.Frames);
                await Eventually.TrueAsync(() => writer.QueuedBytes == 0, "the writer caught up");
            }

            await Eventually.TrueAsync(() => box.IndexWriter.Waiting == 0, "the index took everything");
            await service.StartAsync(Cancellation);
            await Eventually.TrueAsync(() => retainer.Last is not null, "it has swept once");
            Assert.Equal(0, retainer.Last!.Segments);
            Assert.True(Free(disk) > Floor, "there is room before");

            var watch = Stopwatch.StartNew();
            using (var file = new FileStream(foreign, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, PreallocationSize = Free(disk) - Left })) file.WriteByte(1);
            using var pictures = new PeriodicTimer(TimeSpan.FromMilliseconds(500));
            while (Free(disk) < Floor)
            {
                Assert.True(watch.Elapsed < Within, $"{Free(disk)} bytes are free after {watch.Elapsed}");
                feed.Play(clip.Frames);
                await pictures.WaitForNextTickAsync(Cancellation);
            }

            relieved = watch.Elapsed;
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => writer.QueuedBytes == 0, "the writer caught up");
            await service.StopAsync(Cancellation);
            await recorder.DisposeAsync();
            Assert.Empty(recorder.Progress.Breaks);
            Assert.Equal(0, recorder.Progress.DroppedFrames);
        }

        Assert.True(relieved < Within, $"it took {relieved}");
        await Eventually.TrueAsync(() => box.IndexWriter.Waiting == 0, "the index took everything");
        var segments = (await box.SegmentsAsync(Camera.Uid)).OrderBy(s => s.Start).ToList();
        Assert.All(segments.Zip(segments.Skip(1)), pair => Assert.Equal(pair.First.Start + Duration.FromMilliseconds(40 * pair.First.Data.Frames), pair.Second.Start));
        var gone = box.Outbox.Others.Select(o => o.Data).OfType<FootageDeletedData>().ToList();
        Assert.NotEmpty(gone);
        Assert.All(gone, d => Assert.Equal("floor", d.Reason));
        // The oldest, and no more than the floor needs.
        Assert.All(gone, d => Assert.True(d.To <= segments[0].Start));
        Assert.InRange(gone.Sum(d => d.Bytes), Floor - Left - (2 << 20), Floor);
        Assert.True(File.Exists(foreign));
    }

    private static long Free(TinyDisk disk) => new DriveInfo(disk.Path).AvailableFreeSpace;

    private static Retainer Retainer(VolumesFixture box) => new(
        box.Store, box.Volumes, v => v.Space(), new RetentionPolicies(() => RetentionPolicy.Default with { MinFreeBytes = Floor }),
        new Eraser(box.Store, box.Store, box.Outbox, box.Writers, new DiskWork(), new ReadLocks(), box.Clock, NullLogger<Eraser>.Instance),
        new ClockGuard(box.Store, box.Store, new FakeMachineTime(), box.Clock),
        new HoldBook(box.Store, box.Store, box.Outbox, new AuditLog(box.Store, box.Store, box.Clock), box.Writers, box.Clock, NullLogger<HoldBook>.Instance), box.Clock);
}
