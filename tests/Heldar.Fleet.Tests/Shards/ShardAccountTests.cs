using Azure.Storage.Blobs;
using Azure.Storage.Queues;
using Heldar.Cloud.Index;
using Heldar.Cloud.Queues;
using Heldar.Contracts.Api;
using Heldar.Contracts.Queues;
using Heldar.Fleet.Shards;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;

namespace Heldar.Fleet.Tests.Shards;

/// <summary>Two shards, each with a storage account of its own: a box, its queues and its letters meet in the one of its shard.</summary>
public sealed class ShardAccountTests(PostgresFixture postgres, AzuriteFixture common) : IAsyncLifetime
{
    private readonly AzuriteFixture _own = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync() => await _own.InitializeAsync();

    public async ValueTask DisposeAsync() => await _own.DisposeAsync();

    [Fact]
    public async Task Grant_IsForTheAccountOfTheBoxsShard_AndMovesWithTheBox()
    {
        await using var fleet = await StartAsync("here", "away");
        await fleet.Get<ShardProvisioner>().CreateAsync(Token);
        using var box = await FakeBox.EnrolledAsync(fleet);
        Assert.Equal("here", box.Enrolled!.Access.Shard);
        AssertIn(common, box.Enrolled.Access);
        // Two other boxes in its shard: the next renewal takes it to the emptier one.
        await fleet.ExecuteAsync("insert into box (tenant, box, site, name, version, shard) select 'main', gen_random_uuid(), 'depot', n::text, '1', 'here' from generate_series(1, 2) n");

        using var response = await box.PostAsync($"/api/v1/boxes/{box.Id:D}/sas");
        var grant = await response.ReadAsync<SasGrant>();

        Assert.Equal("away", grant.Shard);
        AssertIn(_own, grant);
        await new QueueClient(new Uri(grant.Queues[QueueNames.Segments]), Queues).SendMessageAsync("x", Token);
        Assert.Equal(1, await new QueueStore(_own.ConnectionString).CountAsync("segments-away", Token));
        Assert.True(await new BlobContainerClient(_own.ConnectionString, $"staging-{box.Id:N}", Blobs).ExistsAsync(Token));
    }

    [Fact]
    public async Task Queues_AreMadeInTheirShardsAccountAlone_AndManifestsInTheCommonOne()
    {
        await using var fleet = await StartAsync("left", "right");

        await fleet.Get<ShardProvisioner>().CreateAsync(Token);

        Assert.Equal(Names("left"), (await QueuesAsync(common)).Where(n => n.Contains("left", StringComparison.Ordinal) || n.Contains("right", StringComparison.Ordinal)));
        Assert.Equal(Names("right"), await QueuesAsync(_own));
        Assert.True(await new BlobContainerClient(common.ConnectionString, ManifestStore.Container, Blobs).ExistsAsync(Token));
        Assert.False(await new BlobContainerClient(_own.ConnectionString, ManifestStore.Container, Blobs).ExistsAsync(Token));
    }

    [Fact]
    public async Task QueuesOfAShard_AreSentToAndCounted_InItsAccount()
    {
        await using var fleet = await StartAsync("near", "far");
        await fleet.Get<ShardProvisioner>().CreateAsync(Token);
        var queues = fleet.Get<QueueStore>();

        await queues.SendAsync("mended-far", "a"u8.ToArray(), TimeSpan.Zero, Token);
        await queues.SendAsync("mended-near", "b"u8.ToArray(), TimeSpan.Zero, Token);
        await queues.SendPoisonAsync("segments-far-poison", "eA==", Token);

        var (near, far) = (new QueueStore(common.ConnectionString), new QueueStore(_own.ConnectionString));
        Assert.Equal((1, 1, 1), (await near.CountAsync("mended-near", Token), await far.CountAsync("mended-far", Token), await far.CountAsync("segments-far-poison", Token)));
        Assert.Equal(1, await queues.CountAsync("mended-far", Token));
    }

    private static QueueClientOptions Queues => new(QueueClientOptions.ServiceVersion.V2021_02_12);

    private static BlobClientOptions Blobs => new(BlobClientOptions.ServiceVersion.V2021_12_02);

    /// <summary>A fleet whose first shard uses the common account, and whose second one has its own.</summary>
    private Task<FleetHost> StartAsync(string first, string second) =>
        FleetHost.StartAsync(postgres, common, o => o with { Shards = [first, second], ShardStorage = new Dictionary<string, string> { [second] = _own.ConnectionString } });

    private static void AssertIn(AzuriteFixture account, SasGrant grant)
    {
        var queue = new QueueServiceClient(account.ConnectionString).Uri;
        Assert.All(grant.Queues.Values, address => Assert.Equal(queue.Authority, new Uri(address).Authority));
        Assert.Equal(new BlobServiceClient(account.ConnectionString).Uri.Authority, new Uri(grant.Staging).Authority);
    }

    private static async Task<IReadOnlyList<string>> QueuesAsync(AzuriteFixture account)
    {
        List<string> names = [];
        await foreach (var queue in new QueueServiceClient(account.ConnectionString, Queues).GetQueuesAsync(cancellationToken: Token)) names.Add(queue.Name);
        return [.. names.Order(StringComparer.Ordinal)];
    }

    private static IEnumerable<string> Names(string shard) =>
        QueueNames.All.Select(q => QueueNames.InShard(q, shard)).SelectMany(n => new[] { n, QueueNames.Poison(n) }).Order(StringComparer.Ordinal);
}
