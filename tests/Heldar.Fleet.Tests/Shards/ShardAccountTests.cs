using System.Net;
using System.Text;
using Azure;
using Heldar.Cloud.Queues;
using Heldar.Contracts.Api;
using Heldar.Contracts.Queues;
using Heldar.Fleet.Shards;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;

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

        // The account looks at the clock on the wall.
        fleet.Clock.Advance(SystemClock.Instance.GetCurrentInstant() - fleet.Clock.GetCurrentInstant());

        using var response = await box.PostAsync($"/api/v1/boxes/{box.Id:D}/sas");
        var grant = await response.ReadAsync<SasGrant>();

        Assert.Equal("away", grant.Shard);
        AssertIn(_own, grant);
        // As boxes put them: Put Message and Put Blob of the Azure Storage REST API.
        await PutAsync(fleet, HttpMethod.Post, grant.Queues[QueueNames.Segments], "/messages", "<QueueMessage><MessageText>eA==</MessageText></QueueMessage>");
        await PutAsync(fleet, HttpMethod.Put, grant.Staging, "/x", "x");
        Assert.Equal(1, await new QueueStore(_own.ConnectionString).CountAsync("segments-away", Token));
    }

    [Fact]
    public async Task Queues_AreMadeInTheirShardsAccountAlone()
    {
        await using var fleet = await StartAsync("left", "right");

        await fleet.Get<ShardProvisioner>().CreateAsync(Token);

        var (left, right) = (new QueueStore(common.ConnectionString), new QueueStore(_own.ConnectionString));
        foreach (string name in QueueNames.All)
        {
            string here = QueueNames.InShard(name, "left"), there = QueueNames.InShard(name, "right");
            Assert.Equal((0, 0, 0), (await left.CountAsync(here, Token), await right.CountAsync(there, Token), await right.CountAsync(QueueNames.Poison(there), Token)));
            Assert.Equal(404, (await Assert.ThrowsAsync<RequestFailedException>(() => right.CountAsync(here, Token))).Status);
            Assert.Equal(404, (await Assert.ThrowsAsync<RequestFailedException>(() => left.CountAsync(there, Token))).Status);
        }
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

    /// <summary>A fleet whose first shard uses the common account, and whose second one has its own.</summary>
    private Task<FleetHost> StartAsync(string first, string second) =>
        FleetHost.StartAsync(postgres, common, o => o with { Shards = [first, second], ShardStorage = new Dictionary<string, string> { [second] = _own.ConnectionString } });

    private static void AssertIn(AzuriteFixture account, SasGrant grant) =>
        Assert.All(grant.Queues.Values.Append(grant.Staging), address => Assert.Contains(new Uri(address).Authority, account.ConnectionString, StringComparison.Ordinal));

    private static async Task PutAsync(FleetHost fleet, HttpMethod method, string signed, string path, string body)
    {
        var url = new UriBuilder(signed);
        url.Path += path;
        using var request = new HttpRequestMessage(method, url.Uri) { Content = new StringContent(body, Encoding.UTF8, "application/xml") };
        request.Headers.Add("x-ms-version", "2021-02-12");
        request.Headers.Add("x-ms-blob-type", "BlockBlob");
        using var response = await fleet.Client.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }
}
