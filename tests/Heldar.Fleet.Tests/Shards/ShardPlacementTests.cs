using System.Globalization;
using Heldar.Contracts.Api;
using Heldar.Fleet.Settings;
using Heldar.Fleet.Shards;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using Npgsql;

namespace Heldar.Fleet.Tests.Shards;

public sealed class ShardPlacementTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Fact]
    public async Task Box_LearnsItsNewQueuesAtRenewal_WhenItsShardIsTakenOut()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite, o => o with { Shards = ["a", "b"] });
        using var box = await FakeBox.EnrolledAsync(fleet, "depot");
        Assert.Equal("a", box.Enrolled!.Access.Shard);
        await fleet.ExecuteAsync("update box set shard = 'old'");

        using var response = await box.PostAsync($"/api/v1/boxes/{box.Enrolled.Box:D}/sas");
        var grant = await response.ReadAsync<SasGrant>();

        Assert.Equal("a", grant.Shard);
        Assert.All(grant.Queues.Values, queue => Assert.EndsWith("-a", new Uri(queue).AbsolutePath, StringComparison.Ordinal));
        Assert.Equal("a", await fleet.ScalarAsync<string>("select shard from box"));
    }

    [Fact]
    public async Task Boxes_SpreadOverAnAddedShard_EvenWhenAllRenewAtOnce()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        var boxes = await AddBoxesAsync(fleet, 10, "a");
        var placement = new ShardPlacement(Options(fleet, "a", "b"), fleet.Get<NpgsqlDataSource>());

        string[] placed = await Task.WhenAll(boxes.Select(box => placement.PlaceAsync("main", box, "a", TestContext.Current.CancellationToken)));

        Assert.Equal((5, 5), (placed.Count(shard => shard == "a"), placed.Count(shard => shard == "b")));
        Assert.Equal(5, await fleet.ScalarAsync<long>("select count(*) from box where shard = 'b'"));
    }

    [Fact]
    public async Task Box_Stays_WhileShardsDifferByOne()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        var boxes = await AddBoxesAsync(fleet, 2, "a");
        await AddBoxesAsync(fleet, 1, "b");
        var placement = new ShardPlacement(Options(fleet, "a", "b"), fleet.Get<NpgsqlDataSource>());

        Assert.Equal("a", await placement.PlaceAsync("main", boxes[0], "a", TestContext.Current.CancellationToken));
    }

    private static FleetOptions Options(FleetHost fleet, params string[] shards) => fleet.Options with { Shards = shards };

    private static async Task<IReadOnlyList<Guid>> AddBoxesAsync(FleetHost fleet, int count, string shard)
    {
        List<Guid> boxes = [];
        await fleet.ExecuteAsync("insert into site (tenant, site, name, time_zone) values ('main', 'depot', 'Depot', 'UTC') on conflict do nothing");
        for (var i = 0; i < count; i++)
        {
            boxes.Add(Guid.CreateVersion7());
            await fleet.ExecuteAsync("insert into box (tenant, box, site, name, version, shard) values ('main', @box, 'depot', @name, '1', @shard)", new { box = boxes[i], name = i.ToString(CultureInfo.InvariantCulture), shard });
        }

        return boxes;
    }
}
