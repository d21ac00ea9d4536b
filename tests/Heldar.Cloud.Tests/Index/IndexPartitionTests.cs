using Dapper;
using Heldar.Cloud.Index;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Cloud.Tests.Index;

public sealed class IndexPartitionTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    // Who waits for a lock on the whole table makes everybody wait who comes after it.
    [Fact]
    public async Task LongSearch_KeepsNobodyFromLanding_WhilePartitionsAreMadeAndDropped()
    {
        await using var scene = await FoldScene.CreateAsync(postgres, azurite);
        await using var searching = await scene.Database.OpenConnectionAsync(Token);
        await using var search = await searching.BeginTransactionAsync(Token);
        await searching.ExecuteAsync("select count(*) from segment_landing", transaction: search);
        // The oldest day is past its time, and empty.
        scene.Clock.Advance(Duration.FromDays(IndexPartitions.KeptDays));

        var making = IndexPartitions.EnsureAsync(scene.Database, scene.Clock.GetCurrentInstant(), Token);
        for (var i = 0; i < 20; i++) await scene.LandAsync(scene.Segments(1, FoldScene.Hour + (FoldScene.Length * i)));
        await making;

        Assert.Equal((20, 5), (await scene.CountAsync("segment_landing"), await DaysAsync(scene)));
        await search.RollbackAsync(Token);
        await IndexPartitions.EnsureAsync(scene.Database, scene.Clock.GetCurrentInstant(), Token);
        // One is gone and three have come.
        Assert.Equal(7, await DaysAsync(scene));
    }

    private static Task<long> DaysAsync(FoldScene scene) => scene.CountAsync("pg_inherits where inhparent = 'segment_landing'::regclass");
}
