using System.Diagnostics;
using System.Text.Json;
using Heldar.Edge.Access;
using Heldar.Edge.Health;
using Heldar.Edge.Indexer;
using Heldar.Edge.Tests.Api;
using Heldar.Edge.Tests.Storage;
using Heldar.Media.Tests;
using Microsoft.Extensions.DependencyInjection;

namespace Heldar.Edge.Tests.Mirror;

/// <summary>The routes of the room on a whole box, whose index came from the disks.</summary>
public sealed class MirrorApiTests : MirrorBench
{
    [Fact]
    public async Task StateScrubAndRestore_AreForThoseWhoMay_AndAreWrittenDownWithTheirNames()
    {
        IReadOnlyList<Segment> segments;
        await using (var recorded = await VolumesFixture.StartAsync(Primary, Copy))
        {
            await RecordAsync(recorded, 150);
            await AllCopiedAsync(recorded, 3);
            segments = await recorded.SegmentsAsync(Camera.Uid);
        }

        Flip(segments[0].File!);
        Flip(segments[1].File!);
        await using var box = await BoxFixture.StartAsync(
            $"recording: {{ volumes: [{{ path: {Primary.Path} }}, {{ path: {Copy.Path}, role: mirror }}] }}\ncameras: [{{ id: gate, url: 'rtsp://127.0.0.1:1/gate' }}, {{ id: yard, url: 'rtsp://127.0.0.1:1/yard' }}]");
        var state = await MirroredAsync(box, 3);
        Assert.Equal((true, true, 0, 0.0), (state.GetProperty("enabled").GetBoolean(), state.GetProperty("working").GetBoolean(), state.GetProperty("waiting_segments").GetInt32(), state.GetProperty("lag_seconds").GetDouble()));

        var volumes = (await box.JsonAsync("GET", "/api/v1/system")).GetProperty("storage").GetProperty("volumes").EnumerateArray().ToDictionary(v => v.GetProperty("role").GetString()!);
        var (primary, mirror) = (volumes["primary"], volumes["mirror"]);
        Assert.Equal((3, segments.Sum(s => s.Data.Bytes)), (mirror.GetProperty("segment_count").GetInt32(), mirror.GetProperty("recordings_bytes").GetInt64()));
        Assert.Equal(primary.GetProperty("recordings_bytes").GetInt64(), mirror.GetProperty("recordings_bytes").GetInt64());

        var path = $"/api/v1/segments/{segments[0].Id:D}/restore";
        Assert.Equal(403, (await box.SendAsync("POST", path, key: box.Key(BoxRole.Manager))).Status);
        Assert.Equal(404, (await box.SendAsync("POST", path, key: Scoped(box, "yard"))).Status);
        Assert.Equal(404, (await box.SendAsync("POST", "/api/v1/cameras/gate/restore", new { from = "2020-01-01T00:00:00Z", to = "2030-01-01T00:00:00Z" }, Scoped(box, "yard"))).Status);
        Assert.Equal(403, (await box.SendAsync("GET", "/api/v1/system/mirror", key: Scoped(box, "gate"))).Status);
        Assert.Equal(1, JsonDocument.Parse((await box.SendAsync("POST", path, key: Scoped(box, "gate"))).Body).RootElement.GetProperty("restored").GetInt32());
        Assert.Equal(404, (await box.SendAsync("POST", $"/api/v1/segments/{Guid.NewGuid():D}/restore")).Status);
        Assert.Equal(400, (await box.SendAsync("POST", "/api/v1/cameras/gate/restore", new { from = "then", to = "now" })).Status);
        var many = await box.JsonAsync("POST", "/api/v1/cameras/gate/restore", new { from = "2020-01-01T00:00:00Z", to = "2030-01-01T00:00:00Z" });
        Assert.Equal((1, 2, 0), (many.GetProperty("restored").GetInt32(), many.GetProperty("whole").GetInt32(), many.GetProperty("no_copy").GetInt32()));
        foreach (var segment in segments) Assert.Equal(segment.Data.Sha256, await ShaAsync(Primary.Path, segment.RelativePath));

        Flip(segments[2].File!);
        File.Delete(Path.Combine(Copy.Path, segments[2].RelativePath));
        Assert.Equal(409, (await box.SendAsync("POST", $"/api/v1/segments/{segments[2].Id:D}/restore")).Status);
        Assert.Equal(202, (await box.SendAsync("POST", "/api/v1/system/scrub")).Status);
        var readiness = box.App.Services.GetRequiredService<Readiness>();
        await Eventually.TrueAsync(() => readiness.Warnings().Any(w => w.StartsWith("2 stored files are damaged", StringComparison.Ordinal)), "health tells of both damaged files");
        Assert.Equal(2, (await box.JsonAsync("GET", "/api/v1/system/scrub")).GetProperty("damages").EnumerateArray().Count(d => d.GetProperty("camera_id").GetString() == "gate" && !(d.TryGetProperty("repaired_at", out var at) && at.ValueKind == JsonValueKind.String)));

        var audit = (await box.JsonAsync("GET", "/api/v1/audit?limit=100")).GetProperty("entries").EnumerateArray().Where(e => e.GetProperty("action").GetString()!.StartsWith("segment.", StringComparison.Ordinal)).ToList();
        Assert.Equal(["key:scoped", "key:test"], audit.Select(e => e.GetProperty("actor").GetString()!).Order(StringComparer.Ordinal));
        await MirroredAsync(box, 2);
        using var metrics = await box.RawAsync("GET", "/metrics", key: box.AdminKey);
        var text = await metrics.Content.ReadAsStringAsync(TestContext.Current.CancellationToken);
        Assert.Contains("heldar_mirror_lag_seconds 0\n", text, StringComparison.Ordinal);
        Assert.Contains("heldar_mirror_waiting 1\n", text, StringComparison.Ordinal);
        Assert.Contains("heldar_mirror_restored_total", text, StringComparison.Ordinal);
    }

    private static async Task<JsonElement> MirroredAsync(BoxFixture box, int segments)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var state = await box.JsonAsync("GET", "/api/v1/system/mirror");
            if (state.GetProperty("mirrored_segments").GetInt32() == segments) return state;
            Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"not within 20 s: {segments} copies: {state}");
            await Task.Delay(50, TestContext.Current.CancellationToken);
        }
    }

    private static string Scoped(BoxFixture box, string camera) =>
        box.App.Services.GetRequiredService<ApiKeys>().Add(new ApiKeyWish("scoped", null) { Capabilities = ["system:manage", "system:read"], Cameras = [camera] }).Text;
}
