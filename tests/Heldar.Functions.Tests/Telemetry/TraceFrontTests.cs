using System.Text.Json;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Tests.Pipeline;
using Heldar.Functions.Tests.Webhooks;
using Heldar.Testing;

namespace Heldar.Functions.Tests.Telemetry;

/// <summary>From a box's signed batch to the receiver's request: one trace, and the event's id in every log on the way. Real program, queues, database and collector.</summary>
public sealed class TraceFrontTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private const string First = "4bf92f3577b34da6a3ce929d0e0e4736";
    private const string Second = "0af7651916cd43dd8448eb211c80319c";
    private const string Made = "00f067aa0ba902b7";
    private const string MadeToo = "b7ad6b7169203331";

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task EachEvent_KeepsItsTrace_FromTheBatchToTheReceiver(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        await using var collector = await OtlpCollector.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        await WebhookScene.AddEndpointAsync(cloud, receiver.Url, WebhookSignature.NewSecret(), false, new EventFilter());
        CloudEvent[] events =
        [
            WebhookScene.CrossingOf(box, camera, Scene.Now, 0) with { Traceparent = $"00-{First}-{Made}-01", Tracestate = "vendor=one" },
            WebhookScene.CrossingOf(box, camera, Scene.Now, 1) with { Traceparent = $"00-{Second}-{MadeToo}-01" },
        ];
        await using var front = await RunningFront.StartAsync(kind, cloud, Traced(collector));

        await cloud.SendAsync(box.Seal(events, EventClass.Alert), QueueNames.Detections);
        await Pipeline.Cloud.UntilAsync("both are delivered, and all spans have come", () => Task.FromResult(receiver.Requests.Count == 2 && collector.Spans.Count(s => s.Name == "webhook.deliver") == 2 && collector.Spans.Count(s => s.Name.StartsWith("process fanout-", StringComparison.Ordinal)) == 2));

        foreach (var (one, trace, made) in new[] { (events[0], First, Made), (events[1], Second, MadeToo) })
        {
            var request = receiver.Requests.Single(r => JsonSerializer.Deserialize<CloudEvent>(r.Body, HeldarJson.Options)!.Id == one.Id);
            var delivery = collector.Spans.Single(s => s.Name == "webhook.deliver" && s.Trace == trace);
            Assert.Equal($"00-{trace}-{delivery.Id}-01", request.Headers["traceparent"]);
            Assert.Equal((made, one.Id, request.Id), (delivery.Parent, delivery.Texts["cloudevents.event_id"], delivery.Texts["heldar.delivery"]));
            Assert.Contains($"\"traceparent\":\"{one.Traceparent}\"", request.Text, StringComparison.Ordinal);
            foreach (var queue in new[] { QueueNames.Detections, QueueNames.Fanout })
            {
                var work = collector.Spans.Single(s => s.Name == $"process {cloud.Queue(queue)}" && s.Trace == trace);
                Assert.Equal((made, one.Id, "process", cloud.Queue(queue)), (work.Parent, work.Texts["cloudevents.event_id"], work.Texts["messaging.operation.type"], work.Texts["messaging.destination.name"]));
            }
        }

        // The work of a batch lies in the first event's trace; the other's span says where.
        var first = collector.Spans.Single(s => s.Name == $"process {cloud.Queue(QueueNames.Detections)}" && s.Trace == First);
        Assert.Equal([first.Id], collector.Spans.Single(s => s.Name == first.Name && s.Trace == Second).Links);
        Assert.Equal(first.Id, collector.Spans.Single(s => s.Name == $"send {cloud.Queue(QueueNames.Fanout)}").Parent);
        Assert.Equal("vendor=one", receiver.Requests.Single(r => r.Headers.ContainsKey("tracestate")).Headers["tracestate"]);
    }

    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task Logs_NameTheEvent_WhereverItIs(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        await using var receiver = await WebhookReceiver.StartAsync((context, number) => WebhookReceiver.Status(context, number == 1 ? 503 : 204));
        await WebhookScene.AddEndpointAsync(cloud, receiver.Url, WebhookSignature.NewSecret(), false, new EventFilter());
        var good = WebhookScene.CrossingOf(box, camera, Scene.Now, 0);
        var unknown = WebhookScene.CrossingOf(box, Guid.CreateVersion7(), Scene.Now, 1);
        await using var front = await RunningFront.StartAsync(kind, cloud, new Dictionary<string, string> { ["Logging__LogLevel__Default"] = "Debug" });

        await cloud.SendAsync(box.Seal([good, unknown], EventClass.Alert), QueueNames.Detections);
        await Pipeline.Cloud.UntilAsync("the second try is good", () => Task.FromResult(front.Log.Contains($"event {good.Id} was delivered as", StringComparison.Ordinal)));

        var lines = front.Log.Split('\n').Where(l => l.Contains(good.Id, StringComparison.Ordinal)).ToList();
        Assert.Contains(lines, l => l.Contains($"of box {box.Id} was applied", StringComparison.Ordinal));
        Assert.Contains(lines, l => l.Contains("was not delivered as", StringComparison.Ordinal) && l.Contains("503", StringComparison.Ordinal));
        // The warning speaks of the message; its scope of box, shard and events.
        var back = Assert.Single(front.Log.Split('\n'), l => l.Contains("goes back for attempt 1", StringComparison.Ordinal));
        Assert.All([good.Id, unknown.Id, $"Box:{box.Id}", $"Shard:{cloud.Shard}"], word => Assert.Contains(word, back, StringComparison.Ordinal));
    }

    [Fact]
    public async Task NoCollector_NoTrace()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        await using var receiver = await WebhookReceiver.StartAsync();
        await WebhookScene.AddEndpointAsync(cloud, receiver.Url, WebhookSignature.NewSecret(), false, new EventFilter());
        await using var front = await RunningFront.WorkerAsync(cloud);

        await cloud.SendAsync(box.Seal([WebhookScene.CrossingOf(box, camera, Scene.Now, 0) with { Traceparent = $"00-{First}-{Made}-01" }], EventClass.Alert), QueueNames.Detections);
        await Pipeline.Cloud.UntilAsync("it is delivered", () => Task.FromResult(!receiver.Requests.IsEmpty));

        Assert.False(receiver.Requests.First().Headers.ContainsKey("traceparent"));
    }

    [Fact]
    public async Task HostileTraces_AreNone_AndTheirEventsAreApplied()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        await using var collector = await OtlpCollector.StartAsync();
        await using var receiver = await WebhookReceiver.StartAsync();
        await WebhookScene.AddEndpointAsync(cloud, receiver.Url, WebhookSignature.NewSecret(), false, new EventFilter());
        string[] hostile = ["\"00-0-0-01\"", "7", "{\"a\":[1]}", "\"\\ud800\"", $"\"{new string('x', 9000)}\"", $"\"00-{First}-{Made}-01\\r\\nx-evil: 1\""];
        await using var front = await RunningFront.WorkerAsync(cloud, Traced(collector));

        foreach (var value in hostile)
        {
            var one = WebhookScene.CrossingOf(box, camera, Scene.Now, 0);
            await cloud.SendAsync(box.Seal([one], EventClass.Alert, text: t => t.Replace("\"datacontenttype\"", $"\"traceparent\":{value},\"tracestate\":{value},\"datacontenttype\"", StringComparison.Ordinal)), QueueNames.Detections);
        }

        await Pipeline.Cloud.UntilAsync("all are delivered, traced anew", () => Task.FromResult(receiver.Requests.Count == hostile.Length && collector.Spans.Count(s => s.Name == "webhook.deliver") == hostile.Length));

        Assert.Empty(await cloud.LetterReasonsAsync());
        Assert.DoesNotContain(collector.Spans, s => s.Trace == First);
        Assert.All(receiver.Requests, r => Assert.DoesNotContain("traceparent", r.Text, StringComparison.Ordinal));
        Assert.All(receiver.Requests, r => Assert.False(r.Headers.ContainsKey("x-evil") || r.Headers.ContainsKey("tracestate")));
    }

    private static Dictionary<string, string> Traced(OtlpCollector collector) => new() { ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Url };
}
