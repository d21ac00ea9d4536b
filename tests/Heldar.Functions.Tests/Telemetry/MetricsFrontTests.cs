using System.Globalization;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Webhooks;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Tests.Pipeline;
using Heldar.Functions.Tests.Webhooks;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.Telemetry;

/// <summary>What both fronts say at /metrics, judged by Prometheus' own promtool and by what was really sent.</summary>
public sealed class MetricsFrontTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Theory]
    [InlineData("handler")]
    [InlineData("worker")]
    public async Task Figures_AreWhatHappened_AndPromtoolTakesThem(string kind)
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        await using var receiver = await WebhookReceiver.StartAsync((context, number) => WebhookReceiver.Status(context, number == 1 ? 503 : 204));
        await WebhookScene.AddEndpointAsync(cloud, receiver.Url, WebhookSignature.NewSecret(), false, new EventFilter { Types = [EventTypes.Zone] });
        var zone = WebhookScene.CrossingOf(box, camera, Scene.Now - Duration.FromHours(2), 0);
        var bad = WebhookScene.CrossingOf(box, camera, Scene.Now, 1) with { Type = "heldar.unheard.v9" };
        var late = WebhookScene.CrossingOf(box, Guid.CreateVersion7(), Scene.Now, 2);
        var batch = box.Seal([zone, bad], EventClass.Alert);
        await using var front = await RunningFront.StartAsync(kind, cloud);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = front.Url };

        await cloud.SendAsync(batch, QueueNames.Detections);
        await Pipeline.Cloud.UntilAsync("it is delivered", () => Task.FromResult(receiver.Requests.Count == 2));
        await cloud.SendAsync(batch, QueueNames.Detections);
        await cloud.SendAsync("no envelope"u8.ToArray(), QueueNames.Segments);
        await cloud.SendAsync(box.Seal([late], EventClass.Alert), QueueNames.Detections);
        var (detections, segments) = (cloud.Queue(QueueNames.Detections), cloud.Queue(QueueNames.Segments));
        var text = "";
        await Pipeline.Cloud.UntilAsync("the figures have come", async () =>
        {
            text = await http.GetStringAsync(new Uri("metrics", UriKind.Relative), TestContext.Current.CancellationToken);
            return Of(text, "heldar_pipeline_events_total", $"type=\"{zone.Type}\",outcome=\"duplicate\"") == 1 && Of(text, "heldar_pipeline_put_backs_total", $"queue=\"{detections}\",cause=\"not_yet\"") >= 1
                && Of(text, "heldar_webhook_attempts_total", "outcome=\"delivered\",failure=\"none\"") == 1 && Of(text, "heldar_pipeline_dead_letters_total", $"queue=\"{segments}\",reason=\"{DeadLetterReasons.NotAnEnvelope}\"") == 1;
        });

        Assert.Equal(1, Of(text, "heldar_pipeline_events_total", $"type=\"{zone.Type}\",outcome=\"applied\""));
        Assert.Equal(1, Of(text, "heldar_pipeline_events_total", "type=\"unknown\",outcome=\"permanent\""));
        Assert.True(Of(text, "heldar_pipeline_events_total", $"type=\"{zone.Type}\",outcome=\"transient\"") >= 1, text);
        Assert.Equal(1, Of(text, "heldar_pipeline_dead_letters_total", $"queue=\"{detections}\",reason=\"{DeadLetterReasons.UnknownType}\""));
        // The event is two hours old, the message a moment.
        Assert.Equal((0, 1), (Of(text, "heldar_pipeline_event_age_seconds_bucket", $"type=\"{zone.Type}\",le=\"3600\""), Of(text, "heldar_pipeline_event_age_seconds_bucket", $"type=\"{zone.Type}\",le=\"21600\"")));
        Assert.Equal(Of(text, "heldar_pipeline_queue_wait_seconds_count", $"queue=\"{detections}\""), Of(text, "heldar_pipeline_queue_wait_seconds_bucket", $"queue=\"{detections}\",le=\"60\""));
        Assert.True(Of(text, "heldar_pipeline_handling_seconds_count", "function=\"IndexDetections\",outcome=\"done\"") >= 3, text);
        Assert.Equal((1, 0), (Of(text, "heldar_pipeline_breaker", "state=\"closed\""), Of(text, "heldar_pipeline_breaker", "state=\"open\"")));
        Assert.Equal((1, 1), (Of(text, "heldar_webhook_attempts_total", "outcome=\"retry\",failure=\"status\""), Of(text, "heldar_webhook_deliveries_total", "")));
        Assert.Equal(1, Of(text, "heldar_webhook_delivery_seconds_count", ""));
        var (code, said) = await Promtool.CheckAsync(text);
        Assert.True(code == 0, $"promtool says {code}: {said}");
        Assert.Empty(Promtool.Repeated(text));
    }

    // Nothing names a tenant, box or camera: the text is read by whoever reaches the port.
    [Fact]
    public async Task Text_NamesNoBoxAndNoCamera()
    {
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        await using var front = await RunningFront.WorkerAsync(cloud);
        using var http = new HttpClient(new SocketsHttpHandler { UseProxy = false }) { BaseAddress = front.Url };
        await cloud.SendAsync(box.Seal([WebhookScene.CrossingOf(box, camera, Scene.Now, 0)], EventClass.Alert), QueueNames.Detections);
        var text = "";
        await Pipeline.Cloud.UntilAsync("it is counted", async () =>
            (text = await http.GetStringAsync(new Uri("metrics", UriKind.Relative), TestContext.Current.CancellationToken)).Contains("outcome=\"applied\"", StringComparison.Ordinal));

        foreach (var name in new[] { box.Id.ToString(), camera.ToString(), box.Site, $"\"{box.Tenant}\"" }) Assert.DoesNotContain(name, text, StringComparison.Ordinal);
    }

    private static double Of(string text, string name, string labels)
    {
        var start = labels.Length == 0 ? name + " " : $"{name}{{{labels}}} ";
        return text.Split('\n').FirstOrDefault(l => l.StartsWith(start, StringComparison.Ordinal)) is { } line ? double.Parse(line[start.Length..], CultureInfo.InvariantCulture) : 0;
    }
}
