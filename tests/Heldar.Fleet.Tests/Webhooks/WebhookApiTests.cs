using System.Net;
using System.Text.Json;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Fleet.Audit;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Fleet.Webhooks;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Fleet.Tests.Webhooks;

public sealed class WebhookApiTests(PostgresFixture postgres)
{
    private const string Path = "/api/v1/webhooks";

    private static readonly WebhookRequest Alarm = new("Alarm", "https://receiver.example/heldar", [new EventFilter { Types = [EventTypes.Zone], MinSeverity = Severity.Warning }, new EventFilter { Labels = ["person"] }]);

    [Fact]
    public async Task Endpoint_IsMadeShownChangedAndDeleted_AndTheAuditSaysSo_WithoutItsSecret()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string cookie = await fleet.SignInAsync();

        var made = await (await fleet.SendAsync(cookie, HttpMethod.Post, Path, Alarm)).ReadAsync<WebhookSecretView>();
        Assert.True(WebhookSignature.IsSecret(made.Secret));
        string shown = await (await fleet.GetAsync(cookie, $"{Path}/{made.Endpoint:D}")).Content.ReadAsStringAsync();
        Assert.DoesNotContain("whsec_", shown, StringComparison.Ordinal);
        var view = JsonSerializer.Deserialize<WebhookView>(shown, HeldarJson.Options)!;
        Assert.Equal(("Alarm", Alarm.Url, false, true, 2), (view.Name, view.Url, view.Ordered, view.Enabled, view.Subscriptions.Count));

        using (var changed = await fleet.SendAsync(cookie, HttpMethod.Put, $"{Path}/{made.Endpoint:D}", Alarm with { Name = "Night", Enabled = false, Subscriptions = [new EventFilter()] })) Assert.Equal(HttpStatusCode.NoContent, changed.StatusCode);
        view = await (await fleet.GetAsync(cookie, $"{Path}/{made.Endpoint:D}")).ReadAsync<WebhookView>();
        Assert.Equal(("Night", false, 1, "by anna"), (view.Name, view.Enabled, view.Subscriptions.Count, view.DisabledReason));

        using (var deleted = await fleet.SendAsync(cookie, HttpMethod.Delete, $"{Path}/{made.Endpoint:D}")) Assert.Equal(HttpStatusCode.NoContent, deleted.StatusCode);
        Assert.Empty(await (await fleet.GetAsync(cookie, Path)).ReadAsync<IReadOnlyList<WebhookView>>());
        Assert.Equal("webhook_created,webhook_changed,webhook_deleted", await fleet.ScalarAsync<string>("select string_agg(action, ',' order by seq) from audit where action like 'webhook%'"));
        Assert.Equal(0, await fleet.ScalarAsync<long>("select count(*) from audit where detail like '%whsec_%'"));
        Assert.Null(await fleet.Get<AuditTrail>().FirstBrokenAsync(Names.DefaultTenant, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("http://receiver.example/", "https")]
    [InlineData("https://169.254.169.254/latest", "public")]
    [InlineData("https://127.0.0.1/", "public")]
    [InlineData("https://[::1]/", "public")]
    [InlineData("https://a:b@receiver.example/", "user")]
    public async Task Endpoint_IsRefused_WhenItsUrlMayNotBeCalled(string url, string names)
    {
        await using var fleet = await FleetHost.StartAsync(postgres);

        var refused = await fleet.SendAsync(await fleet.SignInAsync(), HttpMethod.Post, Path, Alarm with { Url = url }).RefusedAsync(400, ErrorCodes.BadRequest);

        Assert.Contains(names, refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"name":"a","url":"https://receiver.example/","subscriptions":[]}""")]
    [InlineData("""{"name":"a","url":"https://receiver.example/","subscriptions":[null]}""")]
    [InlineData("""{"name":"a","url":"https://receiver.example/","subscriptions":[{"types":["heldar.nothing.v1"]}]}""")]
    [InlineData("""{"name":"a","url":"https://receiver.example/","subscriptions":[{"minSeverity":"dreadful"}]}""")]
    [InlineData("""{"name":" ","url":"https://receiver.example/","subscriptions":[{}]}""")]
    [InlineData("""{"url":"https://receiver.example/"}""")]
    public async Task Endpoint_IsRefused_WhenItMakesNoSense(string body)
    {
        await using var fleet = await FleetHost.StartAsync(postgres);

        await fleet.SendAsync(await fleet.SignInAsync(), HttpMethod.Post, Path, change: r => r.Content = new StringContent(body, System.Text.Encoding.UTF8, "application/json")).RefusedAsync(400, ErrorCodes.BadRequest);
    }

    [Fact]
    public async Task Viewers_AndOtherTenants_ReachNothing()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string cookie = await fleet.SignInAsync();
        var made = await (await fleet.SendAsync(cookie, HttpMethod.Post, Path, Alarm)).ReadAsync<WebhookSecretView>();
        string viewer = await fleet.SignInElsewhereAsync(Names.DefaultTenant, "viewer");
        string rival = await fleet.SignInElsewhereAsync("rival");
        string one = $"{Path}/{made.Endpoint:D}";

        await fleet.GetAsync(viewer, Path).RefusedAsync(403, ErrorCodes.Forbidden);
        Assert.Empty(await (await fleet.GetAsync(rival, Path)).ReadAsync<IReadOnlyList<WebhookView>>());
        await fleet.GetAsync(rival, one).RefusedAsync(404, ErrorCodes.NotFound);
        await fleet.SendAsync(rival, HttpMethod.Put, one, Alarm).RefusedAsync(404, ErrorCodes.NotFound);
        await fleet.SendAsync(rival, HttpMethod.Delete, one).RefusedAsync(404, ErrorCodes.NotFound);
        await fleet.SendAsync(rival, HttpMethod.Post, one + "/secret", new RotateRequest()).RefusedAsync(404, ErrorCodes.NotFound);
        await fleet.SendAsync(rival, HttpMethod.Post, one + "/test").RefusedAsync(404, ErrorCodes.NotFound);
        await fleet.SendAsync(rival, HttpMethod.Post, one + "/replay", new ReplayRequest(FleetHost.Start - Duration.FromDays(1), FleetHost.Start)).RefusedAsync(404, ErrorCodes.NotFound);
        Assert.Empty((await (await fleet.GetAsync(rival, one + "/deliveries")).ReadAsync<DeliveryPage>()).Items);
        Assert.Equal("Alarm", await fleet.ScalarAsync<string>("select name from webhook_endpoint"));
    }

    [Fact]
    public async Task Secret_IsRotated_AndTheOldOneSignsForAsLongAsAsked()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string cookie = await fleet.SignInAsync();
        var made = await (await fleet.SendAsync(cookie, HttpMethod.Post, Path, Alarm)).ReadAsync<WebhookSecretView>();

        var fresh = await (await fleet.SendAsync(cookie, HttpMethod.Post, $"{Path}/{made.Endpoint:D}/secret", new RotateRequest(2))).ReadAsync<WebhookSecretView>();

        var kept = JsonSerializer.Deserialize<List<WebhookSecret>>((await fleet.ScalarAsync<string>("select secrets::text from webhook_endpoint"))!, HeldarJson.Options)!;
        Assert.Equal([new WebhookSecret(fresh.Secret), new WebhookSecret(made.Secret, FleetHost.Start + Duration.FromHours(2))], kept);
        await fleet.SendAsync(cookie, HttpMethod.Post, $"{Path}/{made.Endpoint:D}/secret", new RotateRequest(169)).RefusedAsync(400, ErrorCodes.BadRequest);
    }

    [Fact]
    public async Task Test_AndReplay_MakeDeliveriesThatAreDueNow_AndTheLogShowsThem()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        string cookie = await fleet.SignInAsync();
        var made = await (await fleet.SendAsync(cookie, HttpMethod.Post, Path, Alarm)).ReadAsync<WebhookSecretView>();
        string one = $"{Path}/{made.Endpoint:D}";
        var at = FleetHost.Start - Duration.FromHours(1);
        await fleet.Get<DeliveryStore>().KeepAsync(Names.DefaultTenant, [Crossing(at, "person"), Crossing(at, "horse") with { Type = EventTypes.Gap }], FleetHost.Start, TestContext.Current.CancellationToken);

        var test = await (await fleet.SendAsync(cookie, HttpMethod.Post, one + "/test")).ReadAsync<TestView>();
        var replayed = await (await fleet.SendAsync(cookie, HttpMethod.Post, one + "/replay", new ReplayRequest(at - Duration.FromHours(1), FleetHost.Start))).ReadAsync<ReplayView>();

        // The crossing is wanted today; the gap is not, and nothing was given up.
        Assert.Equal(new ReplayView(1, null), replayed);
        var page = await (await fleet.GetAsync(cookie, one + "/deliveries?limit=1")).ReadAsync<DeliveryPage>();
        var log = page.Items.Concat((await (await fleet.GetAsync(cookie, $"{one}/deliveries?cursor={page.Cursor}")).ReadAsync<DeliveryPage>()).Items).ToList();
        Assert.Equal([EventTypes.Zone, WebhookNotices.Test], log.Select(d => d.Type));
        Assert.Equal(test.Delivery, log[1].Delivery);
        Assert.All(log, d => Assert.Equal(("pending", 0, FleetHost.Start), (d.State, d.Attempts, d.DueAt!.Value)));

        await fleet.ExecuteAsync("update webhook_delivery set state = 'failed', tries = 9, attempts = 9, finished_at = now() where delivery = @id", new { id = log[0].Delivery });
        await fleet.ExecuteAsync("insert into webhook_attempt (tenant, delivery, attempt, at, duration_ms, status, failure) values ('main', @id, 9, @at, 12, 500, 'status')", new { id = log[0].Delivery, at = FleetHost.Start.ToDateTimeUtc() });
        var failed = Assert.Single((await (await fleet.GetAsync(cookie, one + "/deliveries?state=failed")).ReadAsync<DeliveryPage>()).Items);
        Assert.Equal(new AttemptView(9, FleetHost.Start, 12, 500, "status"), Assert.Single(failed.Log));
        Assert.Equal(1, (await (await fleet.SendAsync(cookie, HttpMethod.Post, one + "/replay", new ReplayRequest(at, FleetHost.Start))).ReadAsync<ReplayView>()).Deliveries);
        Assert.Equal("pending 0 9", await fleet.ScalarAsync<string>("select state || ' ' || tries || ' ' || attempts from webhook_delivery where delivery = @id", new { id = log[0].Delivery }));
        await fleet.ExecuteAsync("update webhook_delivery set state = 'delivered', finished_at = now()");
        Assert.Equal(0, (await (await fleet.SendAsync(cookie, HttpMethod.Post, one + "/replay", new ReplayRequest(at, FleetHost.Start))).ReadAsync<ReplayView>()).Deliveries);
        Assert.Equal(1, (await (await fleet.SendAsync(cookie, HttpMethod.Post, one + "/replay", new ReplayRequest(at, FleetHost.Start, All: true))).ReadAsync<ReplayView>()).Deliveries);
        await fleet.SendAsync(cookie, HttpMethod.Post, one + "/replay", new ReplayRequest(FleetHost.Start, at)).RefusedAsync(400, ErrorCodes.BadRequest);
    }

    private static CloudEvent Crossing(Instant at, string label)
    {
        var camera = Guid.CreateVersion7();
        return CloudEvent.Create(EventTypes.Zone, Guid.CreateVersion7().ToString("D"), EventSource.OfCamera(Names.DefaultTenant, "depot", camera), at, new ZoneData
        {
            Camera = camera,
            Zone = "z1",
            Name = "Gate",
            Event = ZoneEvent.CrossAb,
            Timestamp = at,
            TrackId = "17",
            Label = label,
            Confidence = 0.9,
            Severity = Severity.Warning,
        });
    }
}
