using System.Diagnostics;
using Heldar.Contracts.Events;
using Heldar.Edge.Recorder;
using Heldar.Edge.Tests.Api;
using Heldar.Edge.Tests.Recorder;
using Heldar.Edge.Tests.Uplink;
using Heldar.Media.Streams;
using Heldar.Media.Tests;
using Heldar.Media.Tests.Mp4;
using Heldar.Testing;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Telemetry;

public sealed class OtlpTests
{
    [Fact]
    public async Task SegmentsAndRequests_ArriveAtACollector()
    {
        await using var collector = await OtlpCollector.StartAsync();
        await using (var box = await BoxFixture.StartAsync(
            $"telemetry: {{ endpoint: '{collector.Url}', authorization: 'Bearer tele, token', metricSeconds: 1 }}\nfleet: {{ url: 'http://127.0.0.1:9', enrolmentToken: never-sent }}\n"))
        {
            await box.JsonAsync("GET", "/api/v1/cameras?sig=hidden-query");
            await RecordAsync(box);
            await Eventually.TrueAsync(() => collector.Spans.Any(s => s.Name == "outbox.append" && collector.Spans.Any(c => c.Name == "segment.close" && c.Trace == s.Trace)) && collector.Metrics.Contains("heldar.storage.sync"), "spans and metrics arrived");
        }

        var close = collector.Spans.First(s => s.Name == "segment.close" && collector.Spans.Any(a => a.Name == "outbox.append" && a.Trace == s.Trace));
        var seal = collector.Spans.First(s => s.Name == "segment.seal" && s.Trace == close.Trace);
        var index = collector.Spans.First(s => s.Name == "segment.index" && s.Trace == close.Trace);
        var append = collector.Spans.First(s => s.Name == "outbox.append" && s.Trace == close.Trace);
        Assert.Equal(("", close.Id, seal.Id, index.Id), (close.Parent, seal.Parent, index.Parent, append.Parent));
        Assert.Contains(collector.Spans, s => s.Name == "GET /api/v1/cameras/");
        Assert.Contains("heldar.cameras.total", collector.Metrics);
        Assert.Contains("heldar.storage.fragment.write", collector.Metrics);
        Assert.All(collector.Authorizations, a => Assert.Equal("Bearer tele, token", a));
        Assert.DoesNotContain(collector.Bodies, b => b.Contains("hidden-query", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Box_SendsNothing_UnlessItIsTold()
    {
        await using var box = await BoxFixture.StartAsync();

        Assert.Empty(box.App.Services.GetServices<Microsoft.Extensions.Hosting.IHostedService>().OfType<Heldar.Edge.Telemetry.OtlpService>());
    }

    [Fact]
    public async Task Box_RunsOn_WhileTheCollectorIsAway()
    {
        await using var box = await BoxFixture.StartAsync("telemetry: { endpoint: 'http://127.0.0.1:9', metricSeconds: 1 }\n");
        await RecordAsync(box);

        await box.JsonAsync("GET", "/api/v1/cameras");
    }

    [Fact]
    public async Task Message_IsPutWithinTheTraceOfItsSegment()
    {
        var spans = new List<Activity>();
        using var source = new ActivitySource("Heldar.Edge.Test");
        using var listener = new ActivityListener
        {
            ShouldListenTo = s => s.Name.StartsWith("Heldar.Edge.", StringComparison.Ordinal),
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = a =>
            {
                lock (spans) spans.Add(a);
            },
        };
        ActivitySource.AddActivityListener(listener);
        await using var uplink = await UplinkFixture.StartAsync();
        await uplink.RunAsync();

        var traces = new List<ActivityTraceId>();
        for (var i = 1; i <= 2; i++)
        {
            var number = i;
            await uplink.Store.EnqueueAsync(db =>
            {
                using var segment = source.StartActivity("segment")!;
                traces.Add(segment.TraceId);
                uplink.Outbox.Append(db, EventTypes.Gap, $"event-{number}", UplinkFixture.Camera, uplink.Clock.Now, new { });
            });
        }

        await uplink.FlushAsync();

        List<Activity> puts;
        lock (spans) puts = [.. spans.Where(s => s.OperationName == "uplink.put" && s.TraceId == traces[0])];
        Assert.Equal(traces[1], Assert.Single(Assert.Single(puts).Links).Context.TraceId);
        // Under the signature, which the cloud checked: where each event was made.
        var carried = uplink.Cloud.Messages.SelectMany(m => m.Body.Events).Where(e => e.Type == EventTypes.Gap).ToDictionary(e => e.Id, e => e.Traceparent, StringComparer.Ordinal);
        List<Activity> appends;
        lock (spans) appends = [.. spans.Where(s => s.OperationName == "outbox.append" && traces.Contains(s.TraceId))];
        Assert.Equal(appends.ToDictionary(a => (string)a.GetTagItem("cloudevents.event_id")!, a => (string?)$"00-{a.TraceId}-{a.SpanId}-00", StringComparer.Ordinal), carried);
    }

    [Fact]
    public async Task Event_ThatNothingTraces_CarriesNone()
    {
        await using var uplink = await UplinkFixture.StartAsync();
        await uplink.RunAsync();
        await uplink.Store.EnqueueAsync(db => uplink.Outbox.Append(db, EventTypes.Gap, "event-untraced", UplinkFixture.Camera, uplink.Clock.Now, new { }));

        await uplink.FlushAsync();

        var one = uplink.Cloud.Messages.SelectMany(m => m.Body.Events).Single(e => e.Id == "event-untraced");
        Assert.Null(one.Traceparent);
    }

    private static async Task RecordAsync(BoxFixture box)
    {
        using var folder = new TemporaryFolder();
        var clip = await Clip.EncodeAsync(folder.Path, "-c:v libx264 -preset ultrafast -g 25", 75);
        var pool = new MediaBlockPool();
        var recorder = box.App.Services.GetRequiredService<RecorderFactory>()
            .Create(new CameraIdentity(Guid.Parse("0190c0de-0000-7000-8000-000000000002"), "gate"), new RecorderOptions { SegmentLength = Duration.FromSeconds(2) });
        await using (recorder)
        {
            using var feed = new Feed(recorder, pool, box.Clock);
            feed.Start(clip.Format);
            feed.Play(clip.Frames);
        }
    }
}
