using Heldar.Cloud.Index;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Cloud.Tests.Index;

/// <summary>Merged deletions hide what their parts hid, whenever it is told, and nothing that is there.</summary>
public sealed class TombstoneMergeTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Fact]
    public async Task SweptHour_BecomesOneDeletion_AndWhatIsToldLateStaysHidden()
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        var all = scene.Segments(120);
        await scene.LandAsync(all);
        await scene.FoldAsync();
        // Two segments in the middle lie on a volume that is away.
        for (var minute = 0; minute < 60; minute++) if (minute != 30) await scene.DeleteAsync(all.GetRange(2 * minute, 2), at: scene.Clock.GetCurrentInstant() + Duration.FromMinutes(minute));
        await FoldAsync(scene);

        await AgeAsync(scene);

        // The two that stay part it.
        Assert.Equal((2, 2), (await scene.CountAsync("tombstone"), await scene.CountAsync("tombstone where settled and segments in (60, 58)")));
        Instant[] kept = [all[60].Start, all[61].Start];
        Assert.Equal(kept, await scene.ShownAsync());
        await scene.LandAsync(all);
        Assert.Equal(kept, await scene.ShownAsync());
        await FoldAsync(scene);
        Assert.Equal(kept, await scene.ShownAsync());
    }

    [Theory]
    [InlineData("a person's")]
    [InlineData("held")]
    [InlineData("not seen")]
    [InlineData("apart")]
    [InlineData("young")]
    public async Task OtherDeletions_StayAsTheyCame(string which)
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        var all = scene.Segments(10);
        await scene.LandAsync(all);
        await scene.FoldAsync();
        if (which == "held") await scene.HoldAsync(all[9].Start, all[9].End, FoldScene.Hour);
        for (var i = 0; i < 4; i++) await scene.DeleteAsync([all[i]], which == "a person's" ? "operator" : "age", scene.Clock.GetCurrentInstant() + (which == "apart" ? Duration.FromHours(3 * i) : Duration.Zero));
        if (which != "not seen") await FoldAsync(scene);
        else await scene.LoseManifestsAsync();

        if (which == "young") await scene.ExecuteAsync("update tombstone set landed_at = @at", new { at = scene.Clock.GetCurrentInstant() - Duration.FromDays(2) });
        else await AgeAsync(scene);
        await scene.FoldAsync();

        Assert.Equal(4, await scene.CountAsync("tombstone"));
        Assert.Equal(all.Skip(4).Select(s => s.Start), await scene.ShownAsync());
    }

    [Fact]
    public void Islands_EndWhereFootageIsKnown_OrNothingIsForLong()
    {
        var hour = FoldScene.Hour;
        TombstoneMerge.Part Part(int from, int to) => new() { FromAt = hour + Duration.FromSeconds(from), ToAt = hour + Duration.FromSeconds(to), DeletedAt = hour, OlderThan = Guid.CreateVersion7() };

        var islands = TombstoneMerge.Islands([Part(0, 30), Part(20, 60), Part(90, 120), Part(150, 180), Part(781, 800)], [hour + Duration.FromSeconds(90), hour + Duration.FromSeconds(130)]);

        Assert.Equal([3, 1, 1], islands.Select(i => i.Count));
    }

    private static async Task FoldAsync(FoldScene scene)
    {
        await scene.FoldAsync();
        scene.Clock.Advance(FoldChanges.Quiet);
        await scene.FoldAsync();
    }

    /// <summary>Days later.</summary>
    private static async Task AgeAsync(FoldScene scene)
    {
        await scene.ExecuteAsync("update tombstone set landed_at = @at", new { at = scene.Clock.GetCurrentInstant() - Duration.FromDays(TombstoneMerge.Days + 1) });
        await scene.FoldAsync();
    }
}
