using System.Diagnostics;
using Heldar.Edge.Recorder;
using Heldar.Edge.Retention;
using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Recorder;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Storage;

/// <summary>A disk that hangs, beside one that works: nobody but the hanging one waits.</summary>
public sealed class SilentDiskTests : IDisposable
{
    private readonly TemporaryFolder _other = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private VolumeSettings Other => new(_other.Path, VolumeRole.Primary, false);

    public void Dispose() => _other.Dispose();

    [Fact]
    public async Task Cameras_GoToAnotherVolume_AndRetentionGoesOnThere_WhenADiskHangs()
    {
        using var disk = TinyDisk.Create(128);
        await using var box = await VolumesFixture.StartAsync(new(disk.Path, VolumeRole.Primary, true), Other);
        await box.StopAsync();
        await box.StartAsync(loops: true);
        var hanging = box.Writers.All.Single(w => w.Volume.Root == disk.Path);
        var camera = CameraOf(box, hanging);
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25", 50);
        long frames;
        await using (var recorder = box.Recorders.Create(camera, new RecorderOptions { SegmentLength = Duration.FromSeconds(2) }))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => recorder.Progress is { OpenBytes: > 0, OpenPath: { } path } && path.StartsWith(disk.Path, StringComparison.Ordinal), "it records to the disk");
            disk.Freeze();
            try
            {
                await PlayUntilAsync(feed, clip, () => recorder.Progress is { OpenBytes: > 0, OpenPath: { } path } && path.StartsWith(_other.Path, StringComparison.Ordinal));
                await PlayUntilAsync(feed, clip, () => recorder.Progress.Segments > 3);
                Assert.Equal((0L, 0L), (recorder.Progress.DroppedFrames, recorder.Progress.BreakCount));
                Assert.Equal([VolumeFault.Silent, VolumeFault.None], box.Keeper.Status.Select(s => s.Fault));
                Assert.Contains("has not answered", box.Keeper.Status[0].Cause, StringComparison.Ordinal);

                var watch = Stopwatch.StartNew();
                await Assert.ThrowsAsync<IOException>(() => hanging.SealAsync(new SealRecord { Type = SealType.Noted, Cause = "nobody waits for ever" }, Cancellation));
                await Eventually.TrueAsync(() => box.IndexWriter.Waiting == 0, "the index took everything");
                var stored = await box.SegmentsAsync(camera.Uid);
                var eraser = new Eraser(box.Store, box.Store, box.Outbox, box.Writers, new DiskWork(), new ReadLocks(), box.Clock, NullLogger<Eraser>.Instance);
                var gone = await eraser.TakeAsync([.. stored.Take(3).Select(s => new Candidate(s.Id, s.Camera, s.Volume, s.RelativePath, s.Start, s.End, s.Bytes))], "age", Cancellation);
                await eraser.FinishAsync(Cancellation);
                Assert.All(gone, g => Assert.NotEqual(hanging.Volume.Id, g.Volume));
                Assert.NotEmpty(gone);
                Assert.Empty(await box.Store.ReadAsync(db => RetentionRows.Pending(db, [.. box.Volumes.All.Select(v => v.Id)], 10), Cancellation));
                Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
                frames = -stored.Where(s => gone.Any(g => g.Id == s.Id)).Sum(s => s.Data.Frames);
            }
            finally
            {
                disk.Thaw();
            }

            await Eventually.TrueAsync(() => hanging.Fault == VolumeFault.None, "the disk answers");
            feed.Play(clip.Frames);
            frames += recorder.Progress.Frames;
        }

        await Eventually.TrueAsync(() => box.IndexWriter.Waiting == 0, "the index took everything");
        await box.Store.EnqueueAsync(_ => { });
        var segments = await box.SegmentsAsync(camera.Uid);
        Assert.InRange(segments.Sum(s => s.Data.Frames), frames, frames + 50);
        Assert.All(box.Writers.All, w => Assert.Null(w.Failure));
    }

    [Fact]
    public async Task DiskThatHangsAtTheStart_HoldsUpNoOther_NeitherThenNorLater()
    {
        using var disk = TinyDisk.Create(48);
        await using var box = await VolumesFixture.StartAsync(new(disk.Path, VolumeRole.Primary, true), Other);
        await box.StopAsync();
        disk.Freeze();
        try
        {
            var watch = Stopwatch.StartNew();
            await box.StartAsync(loops: true);
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(18));
            Assert.Equal(_other.Path, Assert.Single(box.Writers.All).Volume.Root);
            Assert.Equal([VolumeFault.Away, VolumeFault.None], box.Keeper.Status.Select(s => s.Fault));

            var identity = Path.Combine(_other.Path, Volume.IdentityFile);
            File.Move(identity, identity + ".away");
            await Eventually.TrueAsync(() => box.Keeper.Status[1].Fault == VolumeFault.Away && box.Writers.All.Count == 0, "the other one is seen to be away");
            File.Move(identity + ".away", identity);
            box.Clock.Advance(Duration.FromMinutes(1));
            await Eventually.TrueAsync(() => box.Writers.All.Count == 1, "it is in use again");
        }
        finally
        {
            disk.Thaw();
        }

        await Eventually.TrueAsync(() => box.Writers.All.Count == 2, "the disk is in use");
        await box.Writers.All.Single(w => w.Volume.Root == disk.Path).SealAsync(new SealRecord { Type = SealType.Noted, Cause = "it works" }, Cancellation);
    }

    [Fact]
    public async Task WorkThatADiskDoesNotDo_IsGivenUp_AndNothingMoreIsAskedOfIt_UntilItAnswers()
    {
        using var second = new TemporaryFolder();
        var (silent, works) = (Volume.Open(_other.Path, Instant.FromUtc(2026, 11, 21, 4, 0)), Volume.Open(second.Path, Instant.FromUtc(2026, 11, 21, 4, 0)));
        var disks = new DiskWork();
        using var answers = new ManualResetEventSlim();
        var done = 0;

        await Assert.ThrowsAsync<IOException>(() => disks.RunAsync(silent, () => answers.Wait(TimeSpan.FromSeconds(60), CancellationToken.None), Cancellation));
        var watch = Stopwatch.StartNew();
        await Assert.ThrowsAsync<IOException>(() => disks.RunAsync(silent, () => done++, Cancellation));
        Assert.Throws<IOException>(() => disks.Space(silent));
        await disks.RunAsync(works, () => done++, Cancellation);
        Assert.InRange(disks.Space(works).Free, 1, long.MaxValue);
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(2));
        Assert.Equal(1, done);

        answers.Set();
        await Eventually.TrueAsync(() => Answers(disks, silent), "it is asked again");
        await Assert.ThrowsAsync<UnauthorizedAccessException>(() => disks.RunAsync(silent, () => throw new UnauthorizedAccessException(), Cancellation));
    }

    private static bool Answers(DiskWork disks, Volume volume)
    {
        try
        {
            return disks.Space(volume).Total > 0;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private static async Task PlayUntilAsync(Feed feed, Clip clip, Func<bool> so)
    {
        var watch = Stopwatch.StartNew();
        while (!so())
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(30), "not within 30 s: it records to the other volume");
            feed.Play(clip.Frames);
            await Task.Delay(100, Cancellation);
        }
    }

    /// <summary>A camera whose footage of this hour goes to a volume.</summary>
    private static CameraIdentity CameraOf(VolumesFixture box, VolumeWriter writer)
    {
        while (true)
        {
            var uid = Guid.NewGuid();
            if (box.Writers.PickFor(uid, box.Clock.Now) == writer) return new CameraIdentity(uid, "gate");
        }
    }
}
