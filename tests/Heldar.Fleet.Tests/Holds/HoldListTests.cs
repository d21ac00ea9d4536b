using Heldar.Cloud.Batches;
using Heldar.Cloud.Holds;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;
using Npgsql;

namespace Heldar.Fleet.Tests.Holds;

public sealed class HoldListTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly Instant Base = Instant.FromUtc(2026, 11, 21, 4, 0);

    [Fact]
    public async Task Holds_ArePagedNewestFirst_AndFilteredBySiteCameraAndState_ForTheirTenantAlone()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        string cookie = await fleet.SignInAsync();
        using var depot = await FakeBox.EnrolledAsync(fleet, "depot");
        using var yard = await FakeBox.EnrolledAsync(fleet, "yard");
        var (here, there) = (await depot.AddCameraAsync("cam00"), await yard.AddCameraAsync("cam00"));
        List<Guid> placed = [];
        for (var i = 0; i < 5; i++) placed.Add(await PlaceAsync(fleet, depot, here, i));
        var yards = await PlaceAsync(fleet, yard, there, 9);
        await EndAsync(fleet, depot, here, placed[2]);

        List<Guid> paged = [];
        string? cursor = null;
        do
        {
            var page = await PageAsync(fleet, cookie, $"state=all&limit=2&cursor={cursor}");
            paged.AddRange(page.Items.Select(h => h.Hold));
            cursor = page.Cursor;
        }
        while (cursor is not null);

        Assert.Equal([yards, .. placed.AsEnumerable().Reverse()], paged);
        Assert.DoesNotContain(placed[2], (await PageAsync(fleet, cookie, "")).Items.Select(h => h.Hold));
        var ended = Assert.Single((await PageAsync(fleet, cookie, "state=ended")).Items);
        Assert.Equal((placed[2], "anna", (HoldEnd?)HoldEnd.Released, (bool?)null), (ended.Hold, ended.ReleasedBy, ended.Ended, ended.Broken));
        var one = Assert.Single((await PageAsync(fleet, cookie, "sites=yard")).Items);
        Assert.Equal((yards, "yard", there, "theft", "anna", "4711"), (one.Hold, one.Site, one.Camera, one.Reason, one.Owner, one.Case));
        Assert.Empty((await PageAsync(fleet, cookie, $"sites=yard&cameras={here:D}")).Items);
        Assert.Empty((await PageAsync(fleet, await fleet.SignInElsewhereAsync("rival"), $"state=all&cameras={here:D}")).Items);
    }

    [Theory]
    [InlineData("state=perhaps", "state")]
    [InlineData("limit=0", "limit")]
    [InlineData("cursor=AAAA", "cursor")]
    [InlineData("cursor=________________________________", "cursor")]
    [InlineData("sites=Depot_1", "sites")]
    [InlineData("cameras=cam00", "cameras")]
    public async Task Holds_AreRefused_WhenTheQueryMakesNoSense(string query, string names)
    {
        await using var fleet = await FleetHost.StartAsync(postgres);

        var refused = await fleet.GetAsync(await fleet.SignInAsync(), "/api/v1/holds?" + query).RefusedAsync(400, ErrorCodes.BadRequest);

        Assert.Contains(names, refused.Error, StringComparison.Ordinal);
    }

    private static async Task<HoldsPage> PageAsync(FleetHost fleet, string cookie, string query) =>
        await (await fleet.GetAsync(cookie, "/api/v1/holds?" + query)).ReadAsync<HoldsPage>();

    private static async Task<Guid> PlaceAsync(FleetHost fleet, FakeBox box, Guid camera, int minute)
    {
        var at = Base + Duration.FromMinutes(minute);
        var hold = Guid.CreateVersion7(at.ToDateTimeOffset());
        await using var batch = fleet.Get<NpgsqlDataSource>().CreateBatch();
        HoldStore.Append(batch, Record(box), at, new HoldAppliedData { Hold = hold, Camera = camera, From = at, To = at + Duration.FromHours(1), Reason = "theft", Owner = "anna", Case = "4711" });
        await batch.ExecuteNonQueryAsync();
        return hold;
    }

    private static async Task EndAsync(FleetHost fleet, FakeBox box, Guid camera, Guid hold)
    {
        await using var batch = fleet.Get<NpgsqlDataSource>().CreateBatch();
        HoldStore.Append(batch, Record(box), new HoldReleasedData { HoldId = hold, Camera = camera, ReleasedAt = Base + Duration.FromHours(1), ReleasedBy = "anna", Reason = HoldEnd.Released });
        await batch.ExecuteNonQueryAsync();
    }

    private static BoxRecord Record(FakeBox box) => new(box.Enrolled!.Tenant, box.Id, box.Enrolled.Site);
}
