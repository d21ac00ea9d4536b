using System.Globalization;
using System.Text.RegularExpressions;
using Dapper;
using Heldar.Cloud.Index;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Cloud.Tests.Index;

/// <summary>Looking for the deletions of a moment costs the same, however many there are of other times.</summary>
public sealed partial class TombstoneLookupTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Lookup_ReadsWhatIsNear_AmongTwoWeeksOfMinutes(bool analyzed)
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        await scene.ExecuteAsync(
            """
            insert into tombstone (tenant, camera, from_at, to_at, event_id, older_than, reason, segments, bytes)
            select 'main', @Camera, @Hour - n * interval '1 minute', @Hour - n * interval '1 minute' + interval '30 seconds', n::text, '01990000-0000-7000-8000-000000000000', 'age', 2, 2 from generate_series(1, 20000) n
            """,
            new { scene.Camera, FoldScene.Hour });
        if (analyzed) await scene.ExecuteAsync("analyze tombstone");

        await using var connection = await scene.Database.OpenConnectionAsync(TestContext.Current.CancellationToken);
        // What was read for the plan itself stands behind it.
        var plan = string.Join('\n', await connection.QueryAsync<string>(
            $"explain (analyze, buffers) select {Tombstones.Hides("l")} from (select 'main'::text as tenant, @Camera as camera, @at as start_at, @at + interval '30 seconds' as end_at, gen_random_uuid() as segment) l",
            new { scene.Camera, at = FoldScene.Hour + Duration.FromSeconds(1) }));

        var read = Buffers().Matches(plan[..plan.IndexOf("Planning:", StringComparison.Ordinal)]).Select(m => int.Parse(m.Groups["n"].Value, CultureInfo.InvariantCulture)).Max();
        Assert.True(read < 40, plan);
    }

    [Theory]
    [InlineData(0, 60, true)]
    [InlineData(0, 3600, true)]
    [InlineData(0, 3601, true)]
    [InlineData(-172_799, 172_800, true)]
    [InlineData(-172_800, 172_801, true)]
    [InlineData(-80_000_000, 80_000_001, true)]
    [InlineData(-3600, 3600, false)]
    [InlineData(1, 3600, false)]
    public async Task DeletionOfAnyLength_IsFound_WhereItTouches(int from, int seconds, bool found)
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        await scene.DeleteAsync(FoldScene.Hour + Duration.FromSeconds(from), FoldScene.Hour + Duration.FromSeconds(from + seconds));

        await scene.LandAsync(scene.Segments(1));

        Assert.Equal(found ? 0 : 1, (await scene.ShownAsync()).Count);
    }

    [GeneratedRegex(@"shared hit=(?<n>\d+)", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Buffers();
}
