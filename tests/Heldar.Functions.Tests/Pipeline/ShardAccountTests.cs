using Heldar.Cloud.Index;
using Heldar.Functions.Settings;
using Heldar.Testing;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Functions.Tests.Pipeline;

/// <summary>Two shards, each with a storage account of its own, over one database: a box that changes its shard in the middle of an hour loses nothing.</summary>
public sealed class ShardAccountTests(PostgresFixture postgres, AzuriteFixture azurite) : IAsyncLifetime
{
    private static readonly Duration Half = Scene.Half;

    private readonly AzuriteFixture _own = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _own.InitializeAsync();

    public async ValueTask DisposeAsync() => await _own.DisposeAsync();

    [Fact]
    public async Task BoxThatChangesItsShard_IsIndexedWhole_AndProvable_ByTheFunctionsOfBoth()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        await using var beside = await cloud.BesideAsync(_own);
        var hour = PackedSpan.HourOf(Scene.Now) - Duration.FromHours(3);
        var segments = Enumerable.Range(0, 20).Select(i => TestBox.Segment(camera, hour + (Half * i), Half)).ToList();
        var (before, after) = (segments[..10], segments[10..]);

        // The first half goes through the shard of the common account, and a message that was put there before the change is still drained there after it.
        await using (await RunningFront.WorkerAsync(cloud))
        await using (await RunningFront.WorkerAsync(beside, new Dictionary<string, string> { ["HELDAR_MANIFEST_STORAGE"] = cloud.Storage }))
        {
            await cloud.SendAsync(box.Seal([.. before[..5].Select(box.Event)]));
            await cloud.DrainedAsync();
            await FoldAsync(cloud);
            await beside.SendAsync(box.Seal([.. after.Select(box.Event)]));
            await cloud.SendAsync(box.Seal([.. before[5..].Select(box.Event)]));
            await cloud.DrainedAsync();
            await beside.DrainedAsync();
        }

        // The hour was folded by the one, and is folded again by the other, which reads the manifest that the first one wrote.
        await FoldAsync(beside);

        Assert.Equal(0, await cloud.ScalarAsync<long>("select count(*) from segment_landing"));
        Assert.Equal(segments.Select(s => s.Start), (await cloud.Search.PageAsync(new RecordingQuery("main", hour, Scene.Now), null, 1000, Token)).Items.Select(i => i.Start));
        foreach (var segment in segments) Assert.Equal(segment.Sha256, (await cloud.Search.ProofAsync("main", camera, segment.Start, Token))?.Sha256);
        Assert.Empty(await cloud.LetterReasonsAsync());
        var (blob, root) = (await cloud.ScalarAsync<string>("select manifest from span"), await cloud.ScalarAsync<byte[]>("select root from span"));
        Assert.Equal(segments.Count, (await new ManifestStore(cloud.Storage).ReadAsync(blob, root, Token)).Segments.Count);
        await Assert.ThrowsAsync<InvalidDataException>(() => new ManifestStore(beside.Storage).ReadAsync(blob, root, Token));

        async Task FoldAsync(Cloud shard)
        {
            var options = new FunctionsOptions(shard.PipelineDatabase, shard.Storage, shard.Shard, null, 0, 1) { ManifestStorage = cloud.Storage };
            await using var services = new ServiceCollection().AddLogging().AddHandlers(options).BuildServiceProvider();
            Assert.Equal(0, (await services.GetRequiredService<SpanFold>().RunAsync(Token)).Failed);
        }
    }
}
