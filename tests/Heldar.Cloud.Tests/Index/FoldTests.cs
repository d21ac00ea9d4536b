using Heldar.Cloud.Coverage;
using Heldar.Cloud.Days;
using Heldar.Cloud.Events;
using Heldar.Cloud.Index;
using Heldar.Cloud.Versions;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Cloud.Tests.Index;

/// <summary>When hours fold: deletions once, new ones before all that fail, and what is deleted stays hidden whether or not its hour folds.</summary>
public sealed class FoldTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly Duration Minute = Duration.FromMinutes(1);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Deletions_FoldTheirHourOnce_HoweverManyThereAre()
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        var all = scene.Segments(120);
        await scene.LandAsync(all);
        Assert.Equal(1, (await scene.FoldAsync()).Hours);

        // A box that keeps footage for a time deletes a minute of it each minute; one minute of this hour is held there.
        for (var minute = 0; minute < 60; minute++)
        {
            if (minute != 30) await scene.DeleteAsync(all.GetRange(2 * minute, 2));
            scene.Clock.Advance(Minute);
            Assert.Equal(0, (await scene.FoldAsync()).Hours);
            if (minute % 10 == 5) Assert.Equal(all.Where((_, i) => i >= 2 * (minute + 1) || i is 60 or 61).Select(s => s.Start), await scene.ShownAsync(ofCamera: minute > 30));
        }

        scene.Clock.Advance(FoldChanges.Quiet);
        Assert.Equal(1, (await scene.FoldAsync()).Hours);
        Assert.Equal(0, (await scene.FoldAsync()).Hours);
        Assert.Equal((0, 0), (await scene.CountAsync("fold_due"), await scene.CountAsync("fold_change")));
        Assert.Equal([all[60].Start, all[61].Start], await scene.ShownAsync());
    }

    [Fact]
    public async Task HourOfWhichNothingIsLeft_GoesAtOnce()
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        await scene.LandAsync(scene.Segments(120));
        await scene.FoldAsync();

        await scene.DeleteAsync(FoldScene.Hour - Duration.FromDays(3), FoldScene.Hour + Duration.FromHours(1));

        Assert.Equal(1, (await scene.FoldAsync()).Hours);
        Assert.Equal((0, 0), (await scene.CountAsync("span"), await scene.CountAsync("fold_due")));
    }

    [Fact]
    public async Task HourThatNeverRests_IsFoldedAllTheSame()
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        var all = scene.Segments(60);
        await scene.LandAsync(all);
        await scene.FoldAsync();

        var folded = 0;
        for (var half = 0; half < 14; half++)
        {
            await scene.DeleteAsync([all[half]]);
            folded += (await scene.FoldAsync()).Hours;
            scene.Clock.Advance(Duration.FromMinutes(30));
        }

        Assert.Equal(1, folded);
    }

    [Fact]
    public async Task RefilledFootage_StaysVisible_WhileItsHourWaitsForAnotherDeletion()
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        var all = scene.Segments(30);
        await scene.LandAsync(all);
        await scene.FoldAsync();
        await scene.DeleteAsync(all.GetRange(0, 5), at: FoldScene.Hour + Duration.FromHours(2));
        await scene.FoldAsync();
        scene.Clock.Advance(FoldChanges.Quiet);
        var refilled = TestBox.Segment(scene.Camera, all[2].Start, FoldScene.Length, id: Guid.CreateVersion7((FoldScene.Hour + Duration.FromHours(3)).ToDateTimeOffset()));
        await scene.LandAsync([refilled]);
        await scene.FoldAsync();

        await scene.DeleteAsync([all[5]]);

        // The fold has seen the first deletion and looked at ids; the second hides by its range.
        Instant[] expected = [refilled.Start, .. all.Skip(6).Select(s => s.Start)];
        Assert.Equal(expected, await scene.ShownAsync());
        await scene.FoldAsync();
        Assert.Equal(1, await scene.CountAsync("fold_due"));
        Assert.Equal(expected, await scene.ShownAsync(ofCamera: true));
        Assert.Null(await scene.Search.ProofAsync("main", scene.Camera, all[5].Start, Token));
        Assert.NotNull(await scene.Search.ProofAsync("main", scene.Camera, refilled.Start, Token));
        scene.Clock.Advance(FoldChanges.Quiet);
        Assert.Equal(1, (await scene.FoldAsync()).Hours);
        Assert.Equal(expected, await scene.ShownAsync());
    }

    [Fact]
    public async Task FailingHours_KeepNoOtherFromBeingFolded_AndAreTriedEverMoreRarely()
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        var other = await scene.Box.AddCameraAsync(scene.Database, "yard");
        for (var hour = 0; hour < 5; hour++) await scene.LandAsync(scene.Segments(2, FoldScene.Hour - Duration.FromHours(hour)));
        await scene.FoldAsync();
        await scene.LoseManifestsAsync();
        for (var hour = 0; hour < 5; hour++) await scene.LandAsync(scene.Segments(1, FoldScene.Hour - Duration.FromHours(hour) + Duration.FromMinutes(30)));
        var first = await scene.FoldAsync(maxHours: 3);
        var second = await scene.FoldAsync(maxHours: 3);
        Assert.Equal((3, 2, 5L), (first.Failed, second.Failed, second.Left.Failing));
        Assert.Equal((2L, scene.Clock.GetCurrentInstant(), 0L, null), (first.Left.Waiting, first.Left.BehindSince, second.Left.Waiting, second.Left.BehindSince));

        var (tries, folded) = (0, 0);
        for (var minute = 0; minute < 60; minute++)
        {
            scene.Clock.Advance(Minute);
            await scene.LandAsync(scene.Segments(1, FoldScene.Hour + (Minute * minute), other));
            var run = await scene.FoldAsync(maxHours: 3);
            (tries, folded) = (tries + run.Failed, folded + run.Hours);
        }

        // Each minute's new hour at once, though five that are older fail; these after 1, 2, 4, 8 and 16 minutes, some for lack of room a little later.
        Assert.Equal(60, folded);
        Assert.InRange(tries, 20, 30);
        Assert.Equal(60 + 15, (await scene.ShownAsync()).Count);
    }

    [Fact]
    public async Task FailingDeletions_KeepNoOtherFromBeingSeen()
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        for (var hour = 0; hour < 5; hour++) await scene.LandAsync(scene.Segments(10, FoldScene.Hour - Duration.FromHours(hour)));
        await scene.FoldAsync();
        await scene.LoseManifestsAsync();
        await scene.DeleteAsync(FoldScene.Hour - Duration.FromHours(4), FoldScene.Hour + Duration.FromHours(1));
        Assert.Equal((0, 3), (await scene.FoldAsync(maxChanged: 3)) is var run ? (run.Hours, run.Failed) : default);
        var later = scene.Segments(10, FoldScene.Hour + Duration.FromHours(1));
        await scene.LandAsync(later);
        await scene.FoldAsync(maxChanged: 1);
        await scene.DeleteAsync(later);

        scene.Clock.Advance(Minute);
        Assert.Equal(1, (await scene.FoldAsync(maxChanged: 3)).Hours);
        Assert.Empty(await scene.ShownAsync());
    }

    [Fact]
    public async Task DeletedFootage_OfAnHourThatCannotBeFolded_StaysHidden_HoweverLongAgo()
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        var all = scene.Segments(30);
        await scene.LandAsync(all);
        await scene.FoldAsync();
        var ledger = new CoverageLedger(scene.Database, new DayPartitions(scene.Database), scene.Clock);
        await ledger.RunAsync(Token);
        await scene.LoseManifestsAsync();
        await scene.DeleteAsync(all.GetRange(0, 4));
        await scene.FoldAsync();
        scene.Clock.Advance(FoldChanges.Quiet);
        Assert.Equal(1, (await scene.FoldAsync()).Failed);

        await scene.ExecuteAsync("update tombstone set landed_at = landed_at - interval '60 days'; update span set folded_at = folded_at - interval '61 days'");
        for (var day = 0; day < 8; day++)
        {
            scene.Clock.Advance(Duration.FromDays(1));
            Assert.Equal(1, (await scene.FoldAsync()).Failed);
        }

        Instant[] expected = [.. all.Skip(4).Select(s => s.Start)];
        Assert.Equal(expected, await scene.ShownAsync());
        Assert.Equal(expected, await scene.ShownAsync(ofCamera: true));
        var stretch = Assert.Single(Assert.Single(await scene.Search.TimelineAsync(new RecordingQuery("main", FoldScene.Hour, FoldScene.Hour + Duration.FromHours(1)), Token)).Spans);
        Assert.Equal([expected[0].ToUnixTimeMilliseconds(), (expected[^1] + FoldScene.Length).ToUnixTimeMilliseconds()], stretch);
        await ledger.RunAsync(Token);
        var page = await new CoverageSearch(scene.Database).PageAsync(new EventQuery("main", FoldScene.Hour, FoldScene.Hour + Duration.FromHours(1)), false, null, 10, Token);
        Assert.Equal((780_000L, 120_000L), Assert.Single(page.Items) is var item ? (item.PresentMs, item.Causes[CoverageHour.Deleted]) : default);
    }

    [Fact]
    public async Task ReplacedManifest_IsDeletedADayLater_AndNeverOneThatIsNamed()
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        var all = scene.Segments(3);
        await scene.LandAsync(all.GetRange(0, 2));
        await scene.FoldAsync();
        var first = Assert.Single(await scene.Manifests.OfHourAsync(scene.Key, Token));
        await scene.LandAsync([all[2]]);
        await scene.FoldAsync();
        // Without the third the hour is what it was, and so is its manifest.
        await scene.DeleteAsync([all[2]]);
        await scene.FoldAsync();
        scene.Clock.Advance(FoldChanges.Quiet);
        Assert.Equal(1, (await scene.FoldAsync()).Hours);
        Assert.Equal(2, (await scene.Manifests.OfHourAsync(scene.Key, Token)).Count);

        scene.Clock.Advance(ReplacedManifests.Kept);
        var versions = new IndexVersions(scene.Database);
        Assert.Null(await versions.StartAsync(Token));
        await scene.FoldAsync();
        Assert.Equal(2, (await scene.Manifests.OfHourAsync(scene.Key, Token)).Count);
        Assert.True(await versions.AbandonAsync(Token));
        await scene.FoldAsync();

        Assert.Equal(first.Blob, Assert.Single(await scene.Manifests.OfHourAsync(scene.Key, Token)).Blob);
        Assert.Equal(all[0].Sha256, (await scene.Search.ProofAsync("main", scene.Camera, all[0].Start, Token))!.Sha256);
        Assert.Equal(0, await scene.CountAsync("manifest_replaced"));
    }
}
