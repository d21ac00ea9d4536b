using System.Diagnostics;
using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using Heldar.Edge.Mirror;
using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Tests.Recorder;
using Heldar.Edge.Tests.Storage;
using Heldar.Media.Mp4;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Mirror;

/// <summary>Real disks that hang, processes that are killed, and copies that are all that is left or not what they must be.</summary>
public sealed class MirrorFaultTests : MirrorBench
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task MirrorThatHangs_DelaysNoRecording_IsToldWithItsCause_AndCatchesUp()
    {
        using var disk = TinyDisk.Create(128);
        await using var box = await VolumesFixture.StartAsync(Primary, new VolumeSettings(disk.Path, VolumeRole.Mirror, true));
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25", 100);
        await WantAsync(box);
        var slowest = TimeSpan.Zero;
        await using (var recorder = box.Recorders.Create(Camera, TwoSeconds))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => Files(disk.Path).Any(), "copies are written");
            disk.Freeze();
            try
            {
                for (var i = 0; i < 5; i++)
                {
                    var watch = Stopwatch.StartNew();
                    feed.Play(clip.Frames);
                    if (watch.Elapsed > slowest) slowest = watch.Elapsed;
                }

                // 4 s a round in segments of 2 s; the last one is open.
                await Eventually.TrueAsync(() => recorder.Progress.Segments >= 11, "segments close while the mirror hangs");
                await IndexedAsync(box, 11);
                await box.StepUntilAsync(() => box.Keeper.Status.Single(v => v.Role == VolumeRole.Mirror).Cause?.Contains("has not answered", StringComparison.Ordinal) == true, "the mirror is told to hang");
                box.Clock.Advance(Duration.FromMinutes(10));
                await box.State.LookAsync(Cancellation);
                Assert.True(box.State.Newest!.Lag > Duration.FromMinutes(10), $"{box.State.Newest}");
                Assert.Matches("the mirror is behind: (9|1[0-9]) segments .* have no copy, the oldest since [0-9]+ min: hangs: the disk has not answered for", box.State.Problem!);
            }
            finally
            {
                disk.Thaw();
            }

            Assert.Equal((0L, 0L), (recorder.Progress.DroppedFrames, recorder.Progress.BreakCount));
            Assert.True(slowest < TimeSpan.FromSeconds(1), $"handing 100 pictures over took {slowest.TotalMilliseconds} ms");
            TestContext.Current.SendDiagnosticMessage($"slowest hand-over of 100 pictures while the mirror hung: {slowest.TotalMilliseconds:0.0} ms");
        }

        await AllCopiedAsync(box, 12);
        await box.State.LookAsync(Cancellation);
        Assert.Equal((Duration.Zero, null), (box.State.Newest!.Lag, box.State.Problem));
        foreach (var file in Files(Primary.Path)) Assert.Equal(await ShaAsync(Primary.Path, file), await ShaAsync(disk.Path, file));
    }

    [Fact]
    public async Task MirrorThatHangsAtTheStart_KeepsNobodyFromRecording()
    {
        using var disk = TinyDisk.Create(128);
        await using var box = await VolumesFixture.StartAsync(Primary, new VolumeSettings(disk.Path, VolumeRole.Mirror, true));
        await box.StopAsync();
        disk.Freeze();
        try
        {
            var watch = Stopwatch.StartNew();
            await box.StartAsync(loops: true);
            Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(8));
            Assert.Null(box.Writers.Mirror);
            await RecordAsync(box, 100);
            Assert.Equal(2, (await box.SegmentsAsync(Camera.Uid)).Count);
        }
        finally
        {
            disk.Thaw();
        }

        await Eventually.TrueAsync(() => box.Writers.Mirror is not null, "the mirror is in use");
        await WantAsync(box);
        await AllCopiedAsync(box, 2);
    }

    [Fact]
    public async Task KilledBox_BringsTheMirrorToWhatThePrimaryHas()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25", 145);
        await WantAsync(box);
        await using (var recorder = box.Recorders.Create(Camera, TwoSeconds))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => recorder.Progress.RecordedThrough > feed.Now - Duration.FromSeconds(1) && Files(Copy.Path).Count() == 3
                && new FileInfo(Path.Combine(Copy.Path, Files(Copy.Path).Max(StringComparer.Ordinal)!)).Length > 10_000, "the third segment is open on both");
            await box.KillAsync();
        }

        await box.StartAsync();
        await AllCopiedAsync(box, 3);

        await EqualAsync(box, 3);
        var cut = (await box.SegmentsAsync(Camera.Uid))[2];
        Assert.Equal((2, "salvaged", HashOrigin.Recorded), (cut.Data.Revision, cut.Data.Reason, cut.Data.HashOrigin));
    }

    [Fact]
    public async Task DifferingCopy_Stays_WhenTheSegmentItselfIsDamaged_AndRestoresItAsANewRevision()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 100);
        await AllCopiedAsync(box, 2);
        var segment = (await box.SegmentsAsync(Camera.Uid))[0];
        var cut = await CutCopyAsync(box, segment);
        Flip(segment.File!);
        box.Clock.Advance(Duration.FromMinutes(10));
        Assert.Equal(0, await box.MirrorKeeper.StepAsync(Cancellation));

        Assert.Equal(cut.Sha256, await ShaAsync(Copy.Path, segment.RelativePath));
        var damage = Assert.Single(await box.Store.ReadAsync(db => ScrubRows.Damages(db, 10), Cancellation));
        Assert.Equal((segment.Id, "primary", (Instant?)null), (damage.Segment, damage.Side, damage.Repaired));
        await box.State.LookAsync(Cancellation);
        Assert.Equal(Duration.Zero, box.State.Newest!.Lag);

        Assert.Equal(RestoreOutcome.Changed, await box.Restorer.RestoreAsync(segment.Id, "user:anna", Cancellation));

        var after = (await box.SegmentsAsync(Camera.Uid))[0];
        Assert.Equal(cut with { Revision = 3, Reason = "restored" }, after.Data);
        Assert.Equal(HashOrigin.Recorded, after.Data.HashOrigin);
        Assert.Equal(cut.Sha256, await ShaAsync(Primary.Path, segment.RelativePath));
        Assert.Equal((EventTypes.SegmentRevised, EventIds.ForSegment(segment.Id, EventTypes.SegmentRevised, 3)), (box.Outbox.Events[^1].Type, box.Outbox.Events[^1].Id));
        Assert.Equal("user:anna", Assert.Single(await box.Audit.PageAsync(null, Camera.Uid, 10, Cancellation)).Actor);
        Assert.Equal(cut.Sha256, Records(Primary.Path).Last(r => r.Data?.Segment == segment.Id).Data!.Sha256);
        await AllCopiedAsync(box, 2);
        await EqualAsync(box, 2);
    }

    [Fact]
    public async Task DifferingCopy_IsReplaced_WhenTheSegmentIsWhole()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 100);
        await AllCopiedAsync(box, 2);
        await CutCopyAsync(box, (await box.SegmentsAsync(Camera.Uid))[0]);
        await AllCopiedAsync(box, 2);

        await EqualAsync(box, 2);
    }

    private static async Task IndexedAsync(VolumesFixture box, int segments)
    {
        var watch = Stopwatch.StartNew();
        while ((await box.SegmentsAsync(Camera.Uid)).Count < segments)
        {
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), "not within 20 s: the index has what closed");
            await Task.Delay(10, Cancellation);
        }
    }

    /// <summary>The mirror's own salvage of a segment kept one fragment only, and its seal log says so.</summary>
    private async Task<SegmentData> CutCopyAsync(VolumesFixture box, Segment segment)
    {
        var file = Path.Combine(Copy.Path, segment.RelativePath);
        using (var handle = File.OpenHandle(file, FileMode.Open, FileAccess.ReadWrite))
        {
            var scan = SegmentScanner.Scan(handle, Cancellation);
            RandomAccess.SetLength(handle, scan.Fragments[0].Offset + scan.Fragments[0].Length);
        }

        var cut = segment.Data with
        {
            Revision = 2,
            Bytes = new FileInfo(file).Length,
            Frames = 25,
            End = segment.Start + Duration.FromSeconds(1),
            Sha256 = await ShaAsync(Copy.Path, segment.RelativePath),
            Root = new string('a', 64),
            Reason = "salvaged",
        };
        await box.Writers.Mirror!.SealAsync(new SealRecord { Type = SealType.Salvaged, Path = segment.RelativePath, Data = cut }, Cancellation);
        await box.Store.EnqueueAsync(db => MirrorRows.Copied(db, cut, segment.RelativePath));
        Assert.Equal(1, (await box.Store.ReadAsync(MirrorRows.Totals, Cancellation)).WaitingSegments);
        return cut;
    }
}
