using System.Net.Sockets;
using Heldar.Contracts.Events;
using Heldar.Edge.Audit;
using Heldar.Edge.Indexer;
using Heldar.Edge.Mirror;
using Heldar.Edge.Recorder;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Recorder;
using Heldar.Edge.Tests.Storage;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Mirror;

/// <summary>Copies are byte-identical, never hold up what they copy, catch up, follow deletions, and bring back what a disk damaged.</summary>
public sealed class MirrorTests : MirrorBench
{
    [Fact]
    public async Task Copies_AreByteIdentical_AndWrittenWithTheSegment()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 150);
        await AllCopiedAsync(box, 3);

        await EqualAsync(box, 3);
        Assert.Equal(Sealed(Primary.Path), Sealed(Copy.Path));
        Assert.Equal(0, await box.MirrorKeeper.StepAsync(TestContext.Current.CancellationToken));
        Assert.Equal(0, box.Pool.BytesInUse);
    }

    [Fact]
    public async Task CameraThatIsNotMirrored_HasNoCopies()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 50, new CameraIdentity(Guid.NewGuid(), "private"));

        Assert.Empty(Files(Copy.Path));
        Assert.Equal(new MirrorTotals(0, 0, 0, 0, 0), await box.Store.ReadAsync(MirrorRows.Totals, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Mirror_CatchesUp_WhenItWasAway_AndRecordingDoesNotNotice()
    {
        using var disk = TinyDisk.Create(128);
        await using var box = await VolumesFixture.StartAsync(Primary, new VolumeSettings(disk.Path, VolumeRole.Mirror, true));
        var clip = await Clip.EncodeAsync(box.Folder, "-c:v libx264 -preset ultrafast -g 25", 100);
        await WantAsync(box);
        await using (var recorder = box.Recorders.Create(Camera, TwoSeconds))
        {
            using var feed = new Feed(recorder, box.Pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
            await Eventually.TrueAsync(() => Files(disk.Path).Any(), "copies are written");
            disk.Pull();
            for (var i = 0; i < 3; i++) feed.Play(clip.Frames);
            await box.StepUntilAsync(() => box.Writers.Mirror is null, "the mirror is out of use");
            Assert.Empty(Directory.EnumerateFileSystemEntries(disk.Path));
            feed.Play(clip.Frames);
            disk.Mount();
            await box.StepUntilAsync(() => box.Writers.Mirror is not null, "the mirror is in use again");
            feed.Play(clip.Frames);
            Assert.Equal((0L, 0L), (recorder.Progress.DroppedFrames, recorder.Progress.BreakCount));
        }

        await AllCopiedAsync(box, 12);
        Assert.Equal(Files(Primary.Path).Order(StringComparer.Ordinal), Files(disk.Path).Order(StringComparer.Ordinal));
        foreach (var file in Files(Primary.Path)) Assert.Equal(await ShaAsync(Primary.Path, file), await ShaAsync(disk.Path, file));
    }

    [Fact]
    public async Task WhatIsStored_IsCopied_WhenTheMirrorComesLater_AndARestartGoesOn()
    {
        await using (var alone = await VolumesFixture.StartAsync(Primary)) await RecordAsync(alone, 150);
        // Another database: the index is rebuilt from the seal log.
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await WantAsync(box);
        Assert.Equal(3, (await box.Store.ReadAsync(MirrorRows.Totals, TestContext.Current.CancellationToken)).WaitingSegments);
        await box.StopAsync();
        await box.StartAsync();
        await AllCopiedAsync(box, 3);

        await EqualAsync(box, 3);
        Assert.Equal(Sealed(Primary.Path), Sealed(Copy.Path));
    }

    [Fact]
    public async Task CopyThatWaitsForALaterTry_DoesNotWaitForYears_WhenTheClockWasAheadThen()
    {
        await using (var alone = await VolumesFixture.StartAsync(Primary)) await RecordAsync(alone, 150);
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await WantAsync(box);
        await box.Store.EnqueueAsync(db =>
        {
            foreach (var item in MirrorRows.Waiting(db, box.Clock.Now, 10)) MirrorRows.Later(db, item.Id, box.Clock.Now + Duration.FromDays(3650), Duration.FromSeconds(5));
        });

        await AllCopiedAsync(box, 3);
    }

    [Fact]
    public async Task CopiesAreKnown_WithoutReadingThem_WhenTheDatabaseIsLost()
    {
        await using (var before = await VolumesFixture.StartAsync(Primary, Copy))
        {
            await RecordAsync(before, 150);
            await AllCopiedAsync(before, 3);
        }

        foreach (var file in Files(Copy.Path)) await File.WriteAllBytesAsync(Path.Combine(Copy.Path, file), [], TestContext.Current.CancellationToken);
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await WantAsync(box);
        await AllCopiedAsync(box, 3);

        Assert.All(Files(Copy.Path), f => Assert.Equal(0, new FileInfo(Path.Combine(Copy.Path, f)).Length));
    }

    [Fact]
    public async Task Copies_FollowDeletions_ButNotThoseThatAHoldCoversSince()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 150);
        await AllCopiedAsync(box, 3);
        var segments = await box.SegmentsAsync(Camera.Uid);
        await box.Store.EnqueueAsync(db =>
        {
            foreach (var segment in segments.Take(2)) SegmentRows.Delete(db, segment.Id);
            var late = segments[1];
            HoldRows.Put(db, new Hold(
                new HoldAppliedData { Hold = Guid.CreateVersion7(), Camera = Camera.Uid, From = late.Start + Duration.FromMilliseconds(10), To = late.End - Duration.FromMilliseconds(10), Reason = "theft", Owner = "police" },
                2, box.Clock.Now, null, null, null, true));
        });

        Assert.Equal(1, await box.MirrorKeeper.StepAsync(TestContext.Current.CancellationToken));
        Assert.Equal(segments.Skip(1).Select(s => s.RelativePath), Files(Copy.Path).Order(StringComparer.Ordinal));
        Assert.Equal([segments[0].Id], Records(Copy.Path).Single(r => r.Type == SealType.Deletion).Segments!);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Scrub_FindsDamage_AndRestoresItFromTheMirror(bool missing)
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 150);
        await AllCopiedAsync(box, 3);
        var segment = (await box.SegmentsAsync(Camera.Uid))[1];
        if (missing) File.Delete(segment.File!);
        else Flip(segment.File!);
        await RoundAsync(box);

        Assert.Equal(segment.Data.Sha256, await ShaAsync(Primary.Path, segment.RelativePath));
        Assert.Equal(missing ? 0 : 1, Directory.Exists(Path.Combine(Primary.Path, Quarantine.Folder)) ? Directory.GetFiles(Path.Combine(Primary.Path, Quarantine.Folder)).Length : 0);
        var damage = Assert.Single(await box.Store.ReadAsync(db => ScrubRows.Damages(db, 10), TestContext.Current.CancellationToken));
        Assert.Equal((segment.Id, "primary", missing ? "it is missing" : "its bytes differ from what was sealed"), (damage.Segment, damage.Side, damage.What));
        Assert.NotNull(damage.Repaired);
        Assert.Equal(0, box.Scrubber.OpenDamages);
        // The same bytes are the same revision: nothing is told to the cloud.
        Assert.Equal(segment.Data, (await box.SegmentsAsync(Camera.Uid))[1].Data);
        Assert.DoesNotContain(box.Outbox.Events, e => e.Type == EventTypes.SegmentRevised);
        var entry = Assert.Single(await box.Audit.PageAsync(null, Camera.Uid, 10, TestContext.Current.CancellationToken));
        Assert.Equal((AuditActors.Box, "segment.restored", segment.Id.ToString("D")), (entry.Actor, entry.Action, entry.Target));
        Assert.Equal((1L, 3L), await box.Store.ReadAsync(db => (ScrubRows.Mark(db).Rounds, ScrubRows.Mark(db).Segments), TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Scrub_HasACopyWrittenAnew_WhenItIsDamaged()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 100);
        await AllCopiedAsync(box, 2);
        var segment = (await box.SegmentsAsync(Camera.Uid))[0];
        Flip(Path.Combine(Copy.Path, segment.RelativePath));
        await RoundAsync(box);
        Assert.Equal(1, box.Scrubber.OpenDamages);
        await AllCopiedAsync(box, 2);
        await RoundAsync(box);

        Assert.Equal(0, box.Scrubber.OpenDamages);
        await EqualAsync(box, 2);
        Assert.Single(Directory.GetFiles(Path.Combine(Copy.Path, Quarantine.Folder)));
    }

    /// <summary>A disk that does not give the copy now, and a flipped bit in the segment: the copy is all that is left.</summary>
    [Fact]
    public async Task Scrub_KeepsACopyThatItCannotRead_AndRestoresFromItLater_WhenTheSegmentIsDamaged()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 100);
        await AllCopiedAsync(box, 2);
        var segment = (await box.SegmentsAsync(Camera.Uid))[0];
        Flip(segment.File!);
        var copy = Path.Combine(Copy.Path, segment.RelativePath);
        File.Move(copy, copy + ".there");
        Unreadable(copy, box.Folder);
        await RoundAsync(box);

        Assert.Equal(2, box.Scrubber.OpenDamages);
        Assert.True(File.Exists(copy));
        Assert.DoesNotContain(Records(Copy.Path), r => r.Type == SealType.Quarantined);

        File.Move(copy + ".there", copy, overwrite: true);
        await RoundAsync(box);
        Assert.Equal(0, box.Scrubber.OpenDamages);
        await EqualAsync(box, 2);
    }

    [Fact]
    public async Task Scrub_KeepsACopyThatDiffers_WhenTheSegmentIsDamagedToo()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 100);
        await AllCopiedAsync(box, 2);
        var segment = (await box.SegmentsAsync(Camera.Uid))[0];
        Flip(segment.File!);
        Flip(Path.Combine(Copy.Path, segment.RelativePath));
        await RoundAsync(box);

        Assert.Equal(2, box.Scrubber.OpenDamages);
        Assert.True(File.Exists(Path.Combine(Copy.Path, segment.RelativePath)));
    }

    [Fact]
    public async Task Scrub_HasACopyWrittenAnew_WhenItCannotBeRead_AndTheSegmentIsWhole()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 100);
        await AllCopiedAsync(box, 2);
        // The keeper believes the mirror's own log once, when it first sees the mirror.
        await box.MirrorKeeper.StepAsync(TestContext.Current.CancellationToken);
        var copy = Path.Combine(Copy.Path, (await box.SegmentsAsync(Camera.Uid))[0].RelativePath);
        File.Delete(copy);
        Unreadable(copy, box.Folder);
        await RoundAsync(box);
        await AllCopiedAsync(box, 2);

        await EqualAsync(box, 2);
    }

    /// <summary>No user, not even the first, can open a socket as a file; its name must be short where it is made.</summary>
    private static void Unreadable(string file, string folder)
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(Path.Combine(folder, "s")));
        File.Move(Path.Combine(folder, "s"), file);
    }

    [Fact]
    public async Task Scrub_TellsAndKeeps_WhatNoCopyCanRepair()
    {
        await using var box = await VolumesFixture.StartAsync(Primary);
        await RecordAsync(box, 50);
        var segment = (await box.SegmentsAsync(Camera.Uid))[0];
        Flip(segment.File!);
        await RoundAsync(box);
        await RoundAsync(box);

        Assert.Equal(1, box.Scrubber.OpenDamages);
        Assert.True(File.Exists(segment.File));
        Assert.Equal(RestoreOutcome.NoCopy, await box.Restorer.RestoreAsync(segment.Id, "test", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Restore_RefusesACopyThatIsDamagedToo_AndWhatIsWhole()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 100);
        await AllCopiedAsync(box, 2);
        var segments = await box.SegmentsAsync(Camera.Uid);
        Flip(segments[0].File!);
        Flip(Path.Combine(Copy.Path, segments[0].RelativePath));
        var damaged = await ShaAsync(Primary.Path, segments[0].RelativePath);

        Assert.Equal(RestoreOutcome.NoCopy, await box.Restorer.RestoreAsync(segments[0].Id, "test", TestContext.Current.CancellationToken));
        Assert.Equal(damaged, await ShaAsync(Primary.Path, segments[0].RelativePath));
        Assert.Equal(RestoreOutcome.NotNeeded, await box.Restorer.RestoreAsync(segments[1].Id, "test", TestContext.Current.CancellationToken));
        Assert.Equal(RestoreOutcome.NotFound, await box.Restorer.RestoreAsync(Guid.NewGuid(), "test", TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task LostPrimaryDisk_ComesBackFromTheMirror_OnANewOne()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 150);
        await AllCopiedAsync(box, 3);
        var before = await box.SegmentsAsync(Camera.Uid);
        await box.StopAsync();
        Directory.Delete(Primary.Path, recursive: true);
        Volume.Open(Primary.Path, box.Clock.Now);
        await box.StartAsync();

        Assert.All(await box.SegmentsAsync(Camera.Uid), s => Assert.StartsWith(Copy.Path, s.File, StringComparison.Ordinal));
        foreach (var segment in before) Assert.Equal(RestoreOutcome.Restored, await box.Restorer.RestoreAsync(segment.Id, "test", TestContext.Current.CancellationToken));
        Assert.All(await box.SegmentsAsync(Camera.Uid), s => Assert.StartsWith(Primary.Path, s.File, StringComparison.Ordinal));
        await EqualAsync(box, 3);
    }
}
