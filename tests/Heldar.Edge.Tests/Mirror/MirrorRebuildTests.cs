using Heldar.Contracts.Events;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Mirror;
using Heldar.Edge.Seals;
using Heldar.Edge.Tests.Storage;
using Heldar.Media.Tests.Mp4;
using NodaTime;

namespace Heldar.Edge.Tests.Mirror;

/// <summary>The database is lost, and the primary with it or not: the mirror's own seal log brings back what nobody else has, and nothing that was deleted.</summary>
public sealed class MirrorRebuildTests : MirrorBench
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DatabaseAndPrimaryLost_IndexHoldsAndGapsComeBackFromTheMirror_AndTheFootagePlays()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 150);
        await AllCopiedAsync(box, 3);
        var before = await box.SegmentsAsync(Camera.Uid);
        var hold = await HoldAsync(box, before[1]);
        var gap = new GapData { Gap = Guid.CreateVersion7(), Camera = Camera.Uid, Revision = 2, Start = before[2].End, End = before[2].End + Duration.FromMinutes(3), Cause = GapCause.ProcessDown };
        await box.Store.EnqueueAsync(db => GapRows.Apply(db, box.Outbox, gap with { Revision = 1, End = null }));
        await box.MirrorKeeper.StepAsync(Cancellation);
        await box.Store.EnqueueAsync(db =>
        {
            GapRows.Apply(db, box.Outbox, gap);
            GapRows.Want(db, Camera.Uid, before[0].Start, null);
        });
        Assert.NotNull(await box.Store.ReadAsync(db => GapRows.WantedAt(db, Camera.Uid, before[0].Start), Cancellation));
        await box.MirrorKeeper.StepAsync(Cancellation);
        Assert.Equal([before[0].Start], Records(Copy.Path).Where(r => r.Wanted is not null).Select(r => r.Wanted!.From));
        await box.StopAsync();
        Directory.Delete(Primary.Path, recursive: true);
        box.LoseDatabase();
        Directory.CreateDirectory(Primary.Path);

        await box.StartAsync();
        Assert.Equal(Camera.Uid, box.Cameras.Find("gate"));
        Assert.Empty(await box.SegmentsAsync(Camera.Uid));
        await box.MirrorKeeper.StepAsync(Cancellation);

        var after = await box.SegmentsAsync(Camera.Uid);
        Assert.Equal(before.Select(s => s.Data), after.Select(s => s.Data));
        Assert.Equal([false, true, false], after.Select(s => s.Held));
        foreach (var segment in after)
        {
            Assert.StartsWith(Copy.Path, segment.File, StringComparison.Ordinal);
            var (count, _) = await Tool.RunAsync("ffprobe", $"-v error -count_frames -select_streams v -show_entries stream=nb_read_frames -of csv=p=0 \"{segment.File}\"");
            Assert.Equal(segment.Data.Frames, int.Parse(count.Trim().TrimEnd(','), System.Globalization.CultureInfo.InvariantCulture));
        }

        Assert.Equal(hold.Data, (await box.Store.ReadAsync(db => HoldRows.Find(db, hold.Id), Cancellation))!.Data);
        Assert.Equal(gap, await box.Store.ReadAsync(db => GapRows.ById(db, gap.Gap), Cancellation));
        Assert.NotNull(await box.Store.ReadAsync(db => GapRows.WantedAt(db, Camera.Uid, before[0].Start), Cancellation));
        Assert.False(await DeleteAsync(box, after[1].Id));

        // And onto the new primary: the same bytes, so the same revision.
        await WantAsync(box);
        foreach (var segment in after) Assert.Equal(RestoreOutcome.Restored, await box.Restorer.RestoreAsync(segment.Id, "test", Cancellation));
        var restored = await box.SegmentsAsync(Camera.Uid);
        Assert.Equal(before.Select(s => s.Data), restored.Select(s => s.Data));
        Assert.All(restored, s => Assert.StartsWith(Primary.Path, s.File, StringComparison.Ordinal));
        await EqualAsync(box, 3);
        Assert.Equal((3L, 0L), await box.Store.ReadAsync(db => (MirrorRows.Totals(db).CopiedSegments, MirrorRows.Totals(db).WaitingSegments), Cancellation));
    }

    [Fact]
    public async Task DatabaseLost_WhatThePrimaryDeleted_DoesNotComeBackFromTheMirror()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 150);
        await AllCopiedAsync(box, 3);
        var before = await box.SegmentsAsync(Camera.Uid);
        File.Delete(before[0].File!);
        await box.Writers.All[0].SealAsync(
            new SealRecord
            {
                Type = SealType.Deletion,
                Segments = [before[0].Id],
                Deleted = new FootageDeletedData { Camera = Camera.Uid, From = before[0].Start, To = before[0].Start + Duration.FromMilliseconds(1), Reason = "age", Count = 1, Bytes = before[0].Bytes },
            },
            Cancellation);
        await box.StopAsync();
        box.LoseDatabase();
        await box.StartAsync();
        await WantAsync(box);
        await box.MirrorKeeper.StepAsync(Cancellation);

        Assert.Equal(before.Skip(1).Select(s => s.Data), (await box.SegmentsAsync(Camera.Uid)).Select(s => s.Data));
        Assert.Equal(before.Skip(1).Select(s => s.RelativePath), Files(Copy.Path).Order(StringComparer.Ordinal));
        Assert.Contains(before[0].Id, Records(Copy.Path).Single(r => r.Type == SealType.Deletion).Segments!);
    }

    [Fact]
    public async Task PrimaryThatComesBackLater_GetsItsFootageBackFromTheMirrorsRows()
    {
        await using var box = await VolumesFixture.StartAsync(Primary, Copy);
        await RecordAsync(box, 150);
        await AllCopiedAsync(box, 3);
        await box.StopAsync();
        Directory.Move(Primary.Path, Primary.Path + ".pulled");
        box.LoseDatabase();
        Directory.CreateDirectory(Primary.Path);
        await box.StartAsync();
        await box.MirrorKeeper.StepAsync(Cancellation);
        Assert.All(await box.SegmentsAsync(Camera.Uid), s => Assert.Equal(box.Volumes.Mirror!.Id, s.Volume));
        await box.StopAsync();
        Directory.Delete(Primary.Path, recursive: true);
        Directory.Move(Primary.Path + ".pulled", Primary.Path);

        await box.StartAsync();
        Assert.All(await box.SegmentsAsync(Camera.Uid), s => Assert.Equal((box.Volumes.All[0].Id, true), (s.Volume, s.File!.StartsWith(Primary.Path, StringComparison.Ordinal))));
        await box.MirrorKeeper.StepAsync(Cancellation);
        await EqualAsync(box, 3);
    }

    private static async Task<Hold> HoldAsync(VolumesFixture box, Segment segment)
    {
        var data = new HoldAppliedData
        {
            Hold = Guid.CreateVersion7(),
            Camera = Camera.Uid,
            From = segment.Start + Duration.FromMilliseconds(100),
            To = segment.End - Duration.FromMilliseconds(100),
            Reason = "theft",
            Owner = "police",
        };
        var hold = new Hold(data, 2, box.Clock.Now, null, null, null, true);
        await box.Store.EnqueueAsync(db => HoldRows.Put(db, hold));
        return hold;
    }

    private static async Task<bool> DeleteAsync(VolumesFixture box, Guid segment)
    {
        var gone = false;
        await box.Store.EnqueueAsync(db => gone = SegmentRows.Delete(db, segment));
        return gone;
    }
}
