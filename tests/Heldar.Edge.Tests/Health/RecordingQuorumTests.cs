using System.Text.Json;
using Heldar.Contracts.Events;
using Heldar.Edge.Cameras;
using Heldar.Edge.Health;
using Heldar.Edge.Recorder;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Ingest;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Health;

/// <summary>A box whose cameras do not record is not ready, whatever else works.</summary>
public sealed class RecordingQuorumTests
{
    private const string Four = "cameras:\n  - { id: a, url: 'rtsp://127.0.0.1:1/a' }\n  - { id: b, url: 'rtsp://127.0.0.1:1/b' }\n  - { id: c, url: 'rtsp://127.0.0.1:1/c' }\n  - { id: d, url: 'rtsp://127.0.0.1:1/d' }";

    [Fact]
    public async Task BoxThatRecordsNothing_IsNotReady_OnceItsCamerasHadTheTimeToBegin()
    {
        await using var box = await BoxFixture.StartAsync(Four);
        Stream(box, StreamState.Offline);
        await ReadyAsync(box, 200, 100);
        box.Clock.Advance(RecordingQuorum.Grace - Duration.FromSeconds(1));
        await ReadyAsync(box, 200, 100);

        box.Clock.Advance(Duration.FromSeconds(1));
        var answer = await ReadyAsync(box, 503, 0);
        Assert.Equal("insufficient_recorders", answer.GetProperty("reason").GetString());
        Assert.Equal(75, answer.GetProperty("required_pct").GetDouble());
        Assert.Equal("0 of 4 cameras that should record do, and 75 % must: 4 offline", answer.GetProperty("causes").EnumerateArray().Single().GetString());
        // Who asks without a key learns no camera; who has one learns which and why.
        var full = await box.JsonAsync("GET", "/health", status: 503);
        Assert.Contains(full.GetProperty("warnings").EnumerateArray(), w => w.GetString() == "b should record and does not: offline, no route to host");
    }

    [Fact]
    public async Task ThreeOfFour_AreEnough_AndAReconnectIsNoFailure()
    {
        await using var box = await BoxFixture.StartAsync(Four);
        Stream(box, StreamState.Streaming);
        Record(box, "a", "b", "c");
        box.Clock.Advance(Duration.FromSeconds(1));
        await ReadyAsync(box, 200, 100);
        box.Clock.Advance(RecordingQuorum.Grace);
        Record(box, "a", "b", "c");
        await ReadyAsync(box, 200, 75);

        // The third stays away for a moment, then for longer.
        box.Clock.Advance(CameraConditions.DiskPatience);
        Record(box, "a", "b");
        await ReadyAsync(box, 200, 75);
        box.Clock.Advance(RecordingQuorum.Patience);
        Record(box, "a", "b");
        var answer = await ReadyAsync(box, 503, 50);
        Assert.EndsWith("2 error", answer.GetProperty("causes").EnumerateArray().Single().GetString(), StringComparison.Ordinal);

        await box.JsonAsync("PUT", "/api/v1/settings", new { health = new { min_recording_percent = 50 } });
        await ReadyAsync(box, 200, 50);
        Assert.Equal(400, (await box.SendAsync("PUT", "/api/v1/settings", new { health = new { min_recording_percent = 101 } })).Status);

        await box.JsonAsync("PUT", "/api/v1/settings", """{"health":{"min_recording_percent":null}}""");
        await ReadyAsync(box, 503, 50);
        Record(box, "a", "b", "c");
        Assert.False((await ReadyAsync(box, 200, 75)).TryGetProperty("reason", out _));
    }

    [Fact]
    public async Task CamerasThatShouldNotRecordNow_DoNotCount()
    {
        await using var box = await BoxFixture.StartAsync(
            """
            cameras:
              - { id: a, url: 'rtsp://127.0.0.1:1/a' }
              - { id: b, url: 'rtsp://127.0.0.1:1/b', mode: scheduled }
              - { id: c, url: 'rtsp://127.0.0.1:1/c', mode: event }
              - { id: d, url: 'rtsp://127.0.0.1:1/d', enabled: false }
            """);
        Stream(box, StreamState.Streaming);
        Record(box, "a");
        await ReadyAsync(box, 200, 100);
        box.Clock.Advance(Duration.FromHours(1));
        Record(box, "a");
        await ReadyAsync(box, 200, 100);

        // Something happens in front of the camera that waits: from then on it counts, and it does not record.
        await box.JsonAsync("POST", "/api/v1/cameras/c/record-trigger", new { post_roll_seconds = 600 });
        await ReadyAsync(box, 200, 100);
        box.Clock.Advance(RecordingQuorum.Grace);
        Record(box, "a");
        await ReadyAsync(box, 503, 50);
    }

    [Fact]
    public async Task Setting_OfTheFile_Counts()
    {
        await using var box = await BoxFixture.StartAsync("health: { minRecordingPercent: 0 }\n" + Four);
        Stream(box, StreamState.Offline);
        await ReadyAsync(box, 200, 100);
        box.Clock.Advance(RecordingQuorum.Grace);
        Assert.Equal(0, (await ReadyAsync(box, 200, 0)).GetProperty("required_pct").GetDouble());
    }

    [Fact]
    public void ClockThatIsSetBack_HidesNoCamera()
    {
        var quorum = new RecordingQuorum(HealthLimits.Group(75), NullLogger<RecordingQuorum>.Instance);
        var now = Instant.FromUtc(2026, 11, 21, 8, 0);
        var config = new CameraConfig(Guid.NewGuid(), "gate", "Gate", "rtsp://10.0.0.1/", null, null, false, false, true, null, CameraOwner.Yaml, now);
        var camera = new CameraObserved(config, CameraCondition.Stalled, null, null, null) { Wish = new WishNow([new Wish(Instant.MinValue, Instant.MaxValue, WishReason.Continuous)], null, null, false) };
        Assert.True(quorum.Look([camera], now).IsReached);
        now -= Duration.FromHours(1);
        Assert.True(quorum.Look([camera], now).IsReached);
        Assert.False(quorum.Look([camera], now + RecordingQuorum.Grace).IsReached);
        Assert.True(quorum.Look([camera with { Condition = CameraCondition.Recording }], now + RecordingQuorum.Grace).IsReached);
        Assert.True(quorum.Look([], now).IsReached);
    }

    private static void Stream(BoxFixture box, StreamState state)
    {
        var since = box.Clock.Now - Duration.FromMinutes(1);
        box.Pipelines.Status = () => new StreamStatus { State = state, Since = since, Cause = state == StreamState.Offline ? "no route to host" : null };
    }

    private static void Record(BoxFixture box, params string[] cameras)
    {
        foreach (var pipeline in box.Pipelines.Running.Where(p => cameras.Contains(p.Identity.Slug)))
            pipeline.Recorder = RecorderProgress.Empty with { RecordedThrough = box.Clock.Now };
    }

    private static async Task<JsonElement> ReadyAsync(BoxFixture box, int status, double percent)
    {
        using var response = await box.RawAsync("GET", "/readyz");
        var text = await response.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.True(status == (int)response.StatusCode, $"{(int)response.StatusCode}: {text}");
        var answer = JsonDocument.Parse(text).RootElement.Clone();
        Assert.Equal((status == 200, percent), (answer.GetProperty("ready").GetBoolean(), answer.GetProperty("recording_pct").GetDouble()));
        return answer;
    }
}
