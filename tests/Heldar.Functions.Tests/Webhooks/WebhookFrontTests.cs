using System.Text.Json;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Tests.Pipeline;
using Heldar.Testing;

namespace Heldar.Functions.Tests.Webhooks;

/// <summary>From a box's signed batch to the receiver, through both fronts with the real program, queues and database.</summary>
public sealed class WebhookFrontTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task Event_IsDeliveredOnceToEachEndpointThatWantsIt_HoweverOftenItComes(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        var secret = WebhookSignature.NewSecret();
        await using var wants = await WebhookReceiver.StartAsync();
        await using var wantsOther = await WebhookReceiver.StartAsync();
        // Two subscriptions of one endpoint that both match are one delivery.
        await WebhookScene.AddEndpointAsync(cloud, wants.Url, secret, false, new EventFilter { Types = [EventTypes.Zone] }, new EventFilter { Labels = ["person"] });
        await WebhookScene.AddEndpointAsync(cloud, wantsOther.Url, secret, false, new EventFilter { Labels = ["horse"] });
        var events = Enumerable.Range(0, 5).Select(i => WebhookScene.CrossingOf(box, camera, Scene.Now, i)).ToList();
        var batch = box.Seal(events, EventClass.Alert);
        await using var front = await RunningFront.StartAsync(kind, cloud);

        for (var i = 0; i < 3; i++) await cloud.SendAsync(batch, QueueNames.Detections);
        await Pipeline.Cloud.UntilAsync("all queues are empty", async () =>
        {
            foreach (var queue in new[] { QueueNames.Detections, QueueNames.Fanout, QueueNames.Webhooks })
                if (await cloud.Queues.CountAsync(cloud.Queue(queue), TestContext.Current.CancellationToken) > 0) return false;
            return wants.Requests.Count >= events.Count;
        });

        Assert.Empty(wantsOther.Requests);
        Assert.Equal(events.Select(e => e.Id).Order(), wants.Requests.Select(r => JsonSerializer.Deserialize<CloudEvent>(r.Body, HeldarJson.Options)!.Id).Order());
        Assert.All(wants.Requests, r => Assert.Equal(1, r.SignedBy(secret)));
        Assert.All(wants.Requests, r => Assert.Equal("application/cloudevents+json; charset=utf-8", r.Headers["content-type"]));
        Assert.Equal(5, await cloud.ScalarAsync<long>("select count(*) from webhook_attempt where status = 204 and failure is null"));
        Assert.Equal(0, await cloud.ScalarAsync<long>("select count(*) from webhook_delivery where state <> 'delivered'"));
        Assert.Empty(await cloud.LetterReasonsAsync());
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task EndpointThatNeverAnswers_HoldsOnlyItsShare_AndTheOthersGetTheirs(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        using var release = new CancellationTokenSource();
        await using var dead = await WebhookReceiver.StartAsync(async (context, _) =>
        {
            using var both = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, release.Token);
            await Task.Delay(Timeout.Infinite, both.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        });
        await using var well = await WebhookReceiver.StartAsync();
        await WebhookScene.AddEndpointAsync(cloud, dead.Url, WebhookSignature.NewSecret(), false, new EventFilter());
        await WebhookScene.AddEndpointAsync(cloud, well.Url, WebhookSignature.NewSecret(), false, new EventFilter());
        var events = Enumerable.Range(0, 60).Select(i => WebhookScene.CrossingOf(box, camera, Scene.Now, i)).ToArray();
        await using var front = await RunningFront.StartAsync(kind, cloud);

        foreach (var chunk in events.Chunk(10)) await cloud.SendAsync(box.Seal(chunk, EventClass.Alert), QueueNames.Detections);
        await Pipeline.Cloud.UntilAsync("the well endpoint has all", () => Task.FromResult(well.Requests.Select(r => r.Id).Distinct(StringComparer.Ordinal).Count() == events.Length));

        Assert.InRange(dead.MostAtOnce, 1, EndpointGates.MaxCalls);
        Assert.Equal(0, await cloud.ScalarAsync<long>("select count(*) from webhook_delivery d join webhook_attempt a using (tenant, delivery) where a.status is null and d.state = 'delivered'"));
        await release.CancelAsync();
    }
}
