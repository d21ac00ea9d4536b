using Heldar.Cloud.Webhooks;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.Webhooks;

/// <summary>What becomes of deliveries over days, with the real queues, database and receivers, on a clock that the test moves.</summary>
public sealed class DeliveryTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Fact]
    public async Task FailedDelivery_ComesAgainUnderTheSameId_AndTheQueueHoldsOnlyWhatIsDueWithinAMinute()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync((context, number) => WebhookReceiver.Status(context, number < 4 ? 500 : 200));
        var secret = WebhookSignature.NewSecret();
        await scene.AddEndpointAsync(receiver.Url, secret);

        await scene.SendAsync(scene.Crossing());
        Assert.True(await scene.ScalarAsync<bool>("select queued_until is not null from webhook_delivery"));
        await scene.LaterAsync(Duration.FromSeconds(70));
        await scene.LaterAsync(Duration.FromSeconds(100));
        Assert.Equal(3, receiver.Requests.Count);
        // Two minutes are too long for the queue: only the row knows.
        Assert.True(await scene.ScalarAsync<bool>("select queued_until is null and due_at > created_at + interval '4 minutes' from webhook_delivery"));
        await scene.LaterAsync(Duration.FromSeconds(40));
        Assert.Equal(3, receiver.Requests.Count);
        await scene.LaterAsync(Duration.FromSeconds(140));

        Assert.Equal(4, receiver.Requests.Count);
        Assert.Single(receiver.Requests.Select(r => r.Id).Distinct(StringComparer.Ordinal));
        Assert.Equal(4, receiver.Requests.Select(r => r.Headers["webhook-timestamp"]).Distinct(StringComparer.Ordinal).Count());
        Assert.All(receiver.Requests, r => Assert.Equal(1, r.SignedBy(secret)));
        Assert.Equal("delivered 4 500,500,500,200", await scene.ScalarAsync<string>(
            "select d.state || ' ' || d.attempts || ' ' || string_agg(a.status::text, ',' order by a.attempt) from webhook_delivery d join webhook_attempt a using (tenant, delivery) group by d.state, d.attempts"));
        Assert.Equal(0, await scene.ScalarAsync<int>("select failures from webhook_endpoint"));
    }

    [Fact]
    public async Task Delivery_ThatNobodyTakes_IsGivenUpAfterThreeDays()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync((context, _) => WebhookReceiver.Status(context, 500));
        await scene.AddEndpointAsync(receiver.Url);

        await scene.SendAsync(scene.Crossing());
        for (var hours = 0; hours < 71; hours++) await scene.LaterAsync(Duration.FromHours(1));
        Assert.Equal("pending", await scene.ScalarAsync<string>("select state from webhook_delivery"));
        await scene.LaterAsync(Duration.FromHours(2));

        Assert.Equal("failed", await scene.ScalarAsync<string>("select state from webhook_delivery"));
        Assert.InRange(receiver.Requests.Count, 8, 14);
    }

    [Fact]
    public async Task EndpointThatFails_GetsOneProbeAtATime_AndAllWhenItIsWellAgain()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        var status = 500;
        await using var receiver = await WebhookReceiver.StartAsync((context, _) => WebhookReceiver.Status(context, status));
        await scene.AddEndpointAsync(receiver.Url);

        await scene.SendAsync([.. Enumerable.Range(0, 30).Select(scene.Crossing)]);
        var first = receiver.Requests.Count;
        Assert.InRange(first, WebhookRetry.CircuitThreshold, WebhookRetry.CircuitThreshold + EndpointGates.MaxCalls);
        await scene.LaterAsync(Duration.FromMinutes(2));
        Assert.Equal(first + 1, receiver.Requests.Count);
        status = 200;
        await scene.LaterAsync(Duration.FromMinutes(10));
        await scene.LaterAsync(Duration.FromMinutes(2));
        await scene.SettleAsync("select count(*) = 30 from webhook_delivery where state = 'delivered'");

        Assert.Equal(30, receiver.Requests.Select(r => r.Id).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task SlowEndpoint_GetsAllThatWaits_OnePlaceAfterTheOther_WithoutTheTimer()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync((context, _) => Task.Delay(400, context.RequestAborted));
        await scene.AddEndpointAsync(receiver.Url);

        await scene.SendAsync([.. Enumerable.Range(0, 30).Select(scene.Crossing)]);

        Assert.Equal(30, receiver.Requests.Select(r => r.Id).Distinct(StringComparer.Ordinal).Count());
        Assert.Equal(30, receiver.Requests.Count);
        Assert.InRange(receiver.MostAtOnce, 2, EndpointGates.MaxCalls);
    }

    [Fact]
    public async Task OrderedEndpoint_GetsOneAtATime_InOrder_AlsoWhenOneFails()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync((context, number) => WebhookReceiver.Status(context, number == 3 ? 503 : 200));
        await scene.AddEndpointAsync(receiver.Url, ordered: true);

        await scene.SendAsync([.. Enumerable.Range(0, 8).Select(scene.Crossing)]);
        Assert.Equal(3, receiver.Requests.Count);
        await scene.LaterAsync(Duration.FromSeconds(70));

        Assert.Equal(["0", "1", "2", "2", "3", "4", "5", "6", "7"], receiver.Requests.Select(r => Track(r.Text)));
        Assert.Equal(1, receiver.MostAtOnce);

        static string Track(string body) => body.Split("\"trackId\":\"")[1].Split('"')[0];
    }

    [Fact]
    public async Task EndpointThatFailedForThreeDays_IsDisabled_AndAnotherHearsOfIt()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var dead = await WebhookReceiver.StartAsync((context, _) => WebhookReceiver.Status(context, 500));
        await using var watch = await WebhookReceiver.StartAsync();
        var endpoint = await scene.AddEndpointAsync(dead.Url, filters: new EventFilter { Types = [EventTypes.Zone] });
        await scene.AddEndpointAsync(watch.Url, filters: new EventFilter { Types = [WebhookNotices.Disabled], MinSeverity = Severity.Warning });

        await scene.SendAsync(scene.Crossing());
        await scene.LaterAsync(Duration.FromDays(3));
        Assert.Equal("enabled", await scene.ScalarAsync<string>("select status from webhook_endpoint where name = 'receiver' order by endpoint limit 1"));
        await scene.SendAsync(scene.Crossing());
        var before = dead.Requests.Count;
        await scene.SendAsync(scene.Crossing());

        Assert.Equal("disabled", await scene.ScalarAsync<string>($"select status from webhook_endpoint where endpoint = '{endpoint}'"));
        Assert.Equal(before, dead.Requests.Count);
        Assert.Contains($"/webhooks/{endpoint}", Assert.Single(watch.Requests).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endpoint_ThatSaysGone_IsDisabledAtOnce()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync((context, _) => WebhookReceiver.Status(context, 410));
        await scene.AddEndpointAsync(receiver.Url);

        await scene.SendAsync(scene.Crossing());

        Assert.Equal("disabled it answered 410 Gone", await scene.ScalarAsync<string>("select status || ' ' || disabled_reason from webhook_endpoint"));
    }

    [Theory]
    [InlineData("https://169.254.169.254/latest/meta-data/")]
    [InlineData("https://[::ffff:10.0.0.1]/")]
    [InlineData("http://10.0.0.1/")]
    public async Task UrlThatMayNotBeCalled_IsAFailedAttempt(string url)
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await scene.AddEndpointAsync(new Uri(url));

        await scene.SendAsync(scene.Crossing());

        Assert.Equal("refused", await scene.ScalarAsync<string>("select failure from webhook_attempt"));
    }

    [Fact]
    public async Task LostQueueMessages_AreMadeAgainFromTheRows()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync();
        await scene.AddEndpointAsync(receiver.Url);
        await scene.Cloud.SendAsync(scene.Box.Seal([scene.Crossing(), scene.Crossing(1)], EventClass.Alert), QueueNames.Detections);
        await scene.StepAsync(QueueNames.Detections);
        await scene.StepAsync(QueueNames.Fanout);
        foreach (var lost in await scene.Cloud.Queues.ReceiveAsync(scene.Cloud.Queue(QueueNames.Webhooks), 32, TimeSpan.FromMinutes(1), TestContext.Current.CancellationToken))
            await scene.Cloud.Queues.DeleteAsync(scene.Cloud.Queue(QueueNames.Webhooks), lost.Id, lost.PopReceipt, TestContext.Current.CancellationToken);

        await scene.LaterAsync(Duration.FromSeconds(30));
        Assert.Empty(receiver.Requests);
        await scene.LaterAsync(Duration.FromSeconds(40));

        Assert.Equal(2, receiver.Requests.Select(r => r.Id).Distinct(StringComparer.Ordinal).Count());
    }

    [Fact]
    public async Task EventsOfTheTimeThatAnEndpointWasDisabled_ComeByAReplay()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync();
        var endpoint = await scene.AddEndpointAsync(receiver.Url, null, false, new EventFilter { Types = [EventTypes.Zone] });
        var from = scene.Clock.GetCurrentInstant();
        await SwitchAsync("disabled");
        var (missed, unwanted) = (scene.Crossing(1), scene.Crossing(2) with { Type = EventTypes.Gap });

        await scene.Services<FanOutSender>().SendAsync("main", [missed, unwanted], TestContext.Current.CancellationToken);
        await scene.SendAsync();
        Assert.Equal((0L, 1L), (await scene.ScalarAsync<long>("select count(*) from webhook_delivery"), await scene.ScalarAsync<long>("select count(*) from webhook_event")));
        await SwitchAsync("enabled");
        var replay = new WebhookReplay(scene.Cloud.Database, scene.Services<DeliveryStore>(), scene.Services<Subscriptions>(), scene.Clock);
        var (deliveries, next) = await replay.ReplayAsync("main", endpoint, from, scene.Clock.GetCurrentInstant() + Duration.FromMinutes(1), false, TestContext.Current.CancellationToken);
        await scene.LaterAsync(Duration.FromSeconds(1));

        Assert.Equal(1, deliveries);
        Assert.Null(next);
        Assert.Contains(missed.Id, Assert.Single(receiver.Requests).Text, StringComparison.Ordinal);

        async Task SwitchAsync(string status)
        {
            await scene.Cloud.ScalarAsync<object>("update webhook_endpoint set status = @status where endpoint = @endpoint", new { status, endpoint });
            scene.Clock.Advance(Subscriptions.Lifetime + Duration.FromSeconds(1));
        }
    }

    [Fact]
    public async Task LargeEvent_IsDeliveredWhole()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync();
        await scene.AddEndpointAsync(receiver.Url);
        var at = scene.Clock.GetCurrentInstant();
        var many = Enumerable.Range(0, 1000).Select(i => new Detection($"label {i}", 0.5, [0.1, 0.1, 0.2, 0.2], $"track {i}")).ToList();
        var large = CloudEvent.Create(
            EventTypes.Detection, Guid.CreateVersion7().ToString("D"), EventSource.OfCamera(scene.Box.Tenant, scene.Box.Site, scene.Camera), at,
            new DetectionData { Camera = scene.Camera, TaskType = "object_detection", Timestamp = at, Detections = many });

        await scene.Services<FanOutSender>().SendAsync("main", [large, scene.Crossing()], TestContext.Current.CancellationToken);
        await scene.SendAsync();

        Assert.Equal(2, receiver.Requests.Count);
        Assert.Contains(receiver.Requests, r => r.Body.Length > 64 * 1024 && r.Text.Contains("label 999", StringComparison.Ordinal));
    }

    [Fact]
    public async Task MessageThatIsNone_IsADeadLetter()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await scene.Cloud.SendAsync("not json"u8.ToArray(), QueueNames.Webhooks);
        await scene.Cloud.SendAsync("{\"tenant\":\"../x\",\"events\":[]}"u8.ToArray(), QueueNames.Fanout);

        await scene.SendAsync();

        Assert.Equal(["bad_body", "bad_body"], await scene.Cloud.LetterReasonsAsync());
    }
}
