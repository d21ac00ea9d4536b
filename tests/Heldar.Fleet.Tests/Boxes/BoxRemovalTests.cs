using System.Net;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Audit;
using Heldar.Fleet.Boxes;
using Heldar.Fleet.Cameras;
using Heldar.Fleet.Operation;
using Heldar.Fleet.RemoteAccess;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;

namespace Heldar.Fleet.Tests.Boxes;

/// <summary>A box that an administrator removes gets nothing more, and its footage and cameras stay known.</summary>
public sealed class BoxRemovalTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Fact]
    public async Task RemovedBox_GetsNothingMore_AndStaysKnown()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var cookie = await fleet.SignInAsync();
        using var box = await FakeBox.EnrolledAsync(fleet);
        using var other = await FakeBox.EnrolledAsync(fleet);
        var camera = await box.AddCameraAsync("gate");
        using var tunnel = await box.ConnectAsync();

        using (var first = await fleet.SendAsync(cookie, HttpMethod.Delete, $"/api/v1/boxes/{box.Id:D}")) Assert.Equal(HttpStatusCode.NoContent, first.StatusCode);
        using (var second = await fleet.SendAsync(cookie, HttpMethod.Delete, $"/api/v1/boxes/{box.Id:D}")) Assert.Equal(HttpStatusCode.NoContent, second.StatusCode);

        foreach (var path in new[] { "sas", "heartbeat" }) await box.PostAsync($"/api/v1/boxes/{box.Id:D}/{path}").RefusedAsync(401, ErrorCodes.Unauthenticated);
        await box.EnrolAsync(await FakeBox.TokenAsync(fleet)).RefusedAsync(403, ErrorCodes.Forbidden);
        await fleet.Get<TunnelKeeper>().TouchAllAsync(TestContext.Current.CancellationToken);
        await tunnel.ClosedAsync();
        using (var renewed = await other.PostAsync($"/api/v1/boxes/{other.Id:D}/sas")) Assert.Equal(HttpStatusCode.OK, renewed.StatusCode);
        var list = await (await fleet.GetAsync(cookie, "/api/v1/boxes")).ReadAsync<List<BoxView>>();
        Assert.Equal((FleetHost.Start, false), (list.Single(b => b.Box == box.Id).RemovedAt!.Value, list.Single(b => b.Box == box.Id).Online));
        Assert.Null(list.Single(b => b.Box == other.Id).RemovedAt);
        Assert.False(Assert.Single(await (await fleet.GetAsync(cookie, "/api/v1/cameras")).ReadAsync<List<CameraView>>(), c => c.Camera == camera).Enabled);
        var view = await (await fleet.GetAsync(cookie, "/api/v1/operation")).ReadAsync<OperationView>();
        Assert.Equal(1, view.Boxes.Total);
        Assert.Equal("1 anna", await fleet.ScalarAsync<string>("select count(*) || ' ' || min(actor) from audit where action = 'box_removed' and subject = @subject", new { subject = box.Id.ToString("D") }));
        Assert.Null(await fleet.Get<AuditTrail>().FirstBrokenAsync(Names.DefaultTenant, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Removal_IsForAdministratorsOfTheTenant()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, azurite);
        var admin = await fleet.SignInAsync();
        using var box = await FakeBox.EnrolledAsync(fleet);
        var path = $"/api/v1/boxes/{box.Id:D}";

        await fleet.SendAsync(null, HttpMethod.Delete, path).RefusedAsync(401, ErrorCodes.Unauthenticated);
        await fleet.SendAsync(await fleet.SignInElsewhereAsync(Names.DefaultTenant, "viewer"), HttpMethod.Delete, path).RefusedAsync(403, ErrorCodes.Forbidden);
        await fleet.SendAsync(await fleet.SignInElsewhereAsync("rival"), HttpMethod.Delete, path).RefusedAsync(404, ErrorCodes.NotFound);
        await fleet.SendAsync(admin, HttpMethod.Delete, $"/api/v1/boxes/{Guid.CreateVersion7():D}").RefusedAsync(404, ErrorCodes.NotFound);

        Assert.Equal(1, await fleet.ScalarAsync<long>("select count(*) from box b join box_key k using (tenant, box) where b.removed_at is null and k.revoked_at is null"));
    }
}
