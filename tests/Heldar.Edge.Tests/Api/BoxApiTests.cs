using System.Text.Json;
using Heldar.Contracts.Events;
using Heldar.Edge.Playback;
using Heldar.Media.Ingest;
using NodaTime;

namespace Heldar.Edge.Tests.Api;

public sealed class BoxApiTests : IAsyncLifetime
{
    private const string Yaml = "cameras:\n  - { id: gate, name: Gate, url: 'rtsp://u:sesame@10.0.0.1/live?token=hush' }\n";
    private BoxFixture _box = null!;

    [Fact]
    public async Task Cameras_AreListed_WithoutTheirSecrets()
    {
        var (_, text) = await _box.SendAsync("GET", "/api/v1/cameras");

        Assert.DoesNotContain("sesame", text, StringComparison.Ordinal);
        Assert.DoesNotContain("hush", text, StringComparison.Ordinal);
        var camera = JsonDocument.Parse(text).RootElement.EnumerateArray().Single();
        Assert.Equal("gate", camera.GetProperty("id").GetString());
        Assert.Equal("rtsp://10.0.0.1/live?token=***", camera.GetProperty("main_stream_url").GetString());
        Assert.Equal("u", camera.GetProperty("username").GetString());
        Assert.True(camera.GetProperty("has_password").GetBoolean());
        Assert.Equal("yaml", camera.GetProperty("owner").GetString());
        Assert.Equal("connecting", camera.GetProperty("state").GetString());
        Assert.EndsWith("Z", camera.GetProperty("created_at").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Secrets_AreNowhereOnDiskInClear()
    {
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "yard", main_stream_url = "rtsp://admin:open-sesame@10.0.0.2/?pwd=hush" }, 201);
        await _box.RestartAsync(Yaml);

        foreach (var file in Directory.GetFiles(_box.Folder, "*", SearchOption.AllDirectories))
        {
            await using var stream = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            using var reader = new StreamReader(stream, System.Text.Encoding.Latin1);
            var text = await reader.ReadToEndAsync();
            Assert.DoesNotContain("sesame", text, StringComparison.Ordinal);
            Assert.DoesNotContain("hush", text, StringComparison.Ordinal);
        }

        Assert.Equal("open-sesame", _box.Pipelines.Running.Single(p => p.Identity.Slug == "yard").Source.Password);
        Assert.EndsWith("?pwd=hush", _box.Pipelines.Running.Single(p => p.Identity.Slug == "yard").Source.Url.AbsoluteUri, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Camera_IsAdded_Changed_AndRemoved()
    {
        var added = await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "yard", name = "Yard", url = "rtsp://a:b@10.0.0.2/x", vendor = "any", retention_hours = 48, segment_seconds = 10 }, 201);
        Assert.Equal(("yard", "api", 10), (added.GetProperty("id").GetString(), added.GetProperty("owner").GetString(), added.GetProperty("segment_seconds").GetInt32()));
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "yard", url = "rtsp://10.0.0.3/" }, 409);
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "bell", name = "Be\all", url = "rtsp://10.0.0.3/" }, 400);

        var changed = await _box.JsonAsync("PATCH", "/api/v1/cameras/yard", new { name = "Back yard" });
        Assert.Equal("Back yard", changed.GetProperty("name").GetString());
        Assert.Single(_box.Pipelines.Started, p => p.Identity.Slug == "yard");

        await _box.JsonAsync("PATCH", "/api/v1/cameras/yard", new { password = "other" });
        Assert.Equal(1, _box.Pipelines.Running.Single(p => p.Identity.Slug == "yard").Changes);
        Assert.Equal("other", _box.Pipelines.Running.Single(p => p.Identity.Slug == "yard").Source.Password);

        await _box.JsonAsync("PATCH", "/api/v1/cameras/yard", new { enabled = false });
        Assert.DoesNotContain(_box.Pipelines.Running, p => p.Identity.Slug == "yard");

        await _box.JsonAsync("DELETE", "/api/v1/cameras/yard", status: 204);
        await _box.JsonAsync("GET", "/api/v1/cameras/yard", status: 404);
    }

    [Fact]
    public async Task YamlCamera_AnswersChangesWith409_AndSaysWhoOwnsIt()
    {
        foreach (var method in new[] { "PATCH", "DELETE" })
        {
            var (status, body) = await _box.SendAsync(method, "/api/v1/cameras/gate", method == "PATCH" ? new { name = "x" } : null);
            Assert.Equal(409, status);
            Assert.Contains("heldar.yaml", body, StringComparison.Ordinal);
        }

        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "gate", url = "rtsp://10.0.0.3/" }, 409);
    }

    [Fact]
    public async Task ApiCamera_OutlivesARestart_WithItsUid()
    {
        var before = (await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "yard", url = "rtsp://10.0.0.2/" }, 201)).GetProperty("uid").GetGuid();
        await _box.JsonAsync("DELETE", "/api/v1/cameras/yard", status: 204);
        var again = (await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "yard", url = "rtsp://10.0.0.2/" }, 201)).GetProperty("uid").GetGuid();
        await _box.RestartAsync(Yaml);

        Assert.Equal(before, again);
        Assert.Equal(before, (await _box.JsonAsync("GET", "/api/v1/cameras/yard")).GetProperty("uid").GetGuid());
    }

    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{")]
    [InlineData("{}")]
    [InlineData("{\"id\":5}")]
    [InlineData("{\"id\":\"../x\",\"url\":\"rtsp://h/\"}")]
    [InlineData("{\"id\":\"a\",\"url\":\"http://h/\"}")]
    [InlineData("{\"id\":\"a\",\"url\":\"rtsp://h/\\u0000\"}")]
    [InlineData("{\"id\":\"a\",\"url\":\"rtsp://h/\",\"segment_seconds\":1}")]
    [InlineData("{\"id\":\"a\",\"url\":\"rtsp://h/\",\"clock\":\"sun\"}")]
    [InlineData("{\"id\":\"a\",\"url\":\"rtsps://h/\",\"certificate_sha256\":\"a1\"}")]
    [InlineData("{\"id\":\"a\",\"url\":\"rtsp://h/\",\"record_audio\":\"yes\"}")]
    public async Task BadCamera_IsRefusedWith400(string body)
    {
        var (status, text) = await _box.SendAsync("POST", "/api/v1/cameras", body);
        Assert.Equal(400, status);
        Assert.Equal("bad_request", JsonDocument.Parse(text).RootElement.GetProperty("code").GetString());
    }

    [Fact]
    public async Task LargeBody_IsRefusedWith413() =>
        Assert.Equal(413, (await _box.SendAsync("POST", "/api/v1/cameras", "{\"name\":\"" + new string('x', 100_000) + "\"}")).Status);

    [Fact]
    public async Task CameraThatCannotStart_SaysWhy()
    {
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "bad", url = "rtsp://broken/" }, 201);
        var camera = await _box.JsonAsync("GET", "/api/v1/cameras/bad");
        Assert.Equal(("error", "this one cannot start"), (camera.GetProperty("state").GetString(), camera.GetProperty("cause").GetString()));
    }

    [Fact]
    public async Task CameraTest_AnswersFromTheRunningSession()
    {
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.AuthFailed, Cause = "the camera refused the password", Since = _box.Clock.Now };
        var answer = await _box.JsonAsync("POST", "/api/v1/cameras/gate/test");
        Assert.False(answer.GetProperty("reachable").GetBoolean());
        Assert.Equal(("auth_failed", "rtsp://10.0.0.1/live?token=***"), (answer.GetProperty("state").GetString(), answer.GetProperty("url").GetString()));
    }

    [Fact]
    public async Task Segments_HaveTheKernelsFields_AndLinksThatPlayWithoutAKey()
    {
        var camera = await CameraAsync();
        AddFootage(camera, "0123456789"u8.ToArray());

        var segments = await _box.JsonAsync("GET", "/api/v1/cameras/gate/segments?from=2026-11-21T04:00:00Z&to=2026-11-21T05:00:00Z");

        var segment = segments.EnumerateArray().Single();
        Assert.Equal("2026-11-21T04:30:00Z", segment.GetProperty("start_time").GetString());
        Assert.Equal((30.0, 10L, false), (segment.GetProperty("duration_s").GetDouble(), segment.GetProperty("size_bytes").GetInt64(), segment.GetProperty("evidence_locked").GetBoolean()));
        var url = segment.GetProperty("url").GetString()!;

        using var whole = await _box.RawAsync("GET", url);
        Assert.Equal((200, "video/mp4", "0123456789"), ((int)whole.StatusCode, whole.Content.Headers.ContentType!.MediaType, await whole.Content.ReadAsStringAsync()));
        using var part = await _box.RawAsync("GET", url, range: "bytes=2-4");
        Assert.Equal((206, "234", "bytes 2-4/10"), ((int)part.StatusCode, await part.Content.ReadAsStringAsync(), part.Content.Headers.ContentRange!.ToString()));
        using var outside = await _box.RawAsync("GET", url, range: "bytes=10-");
        Assert.Equal(416, (int)outside.StatusCode);
        using var forged = await _box.RawAsync("GET", url[..^1] + (url[^1] == 'A' ? 'B' : 'A'));
        Assert.Equal(401, (int)forged.StatusCode);
        _box.Clock.Advance(Duration.FromHours(2));
        using var late = await _box.RawAsync("GET", url);
        Assert.Equal(401, (int)late.StatusCode);
    }

    [Fact]
    public async Task RunningSegment_IsServedUpToItsLastWholeFragment()
    {
        var camera = await CameraAsync();
        AddFootage(camera, "0123456789"u8.ToArray(), servable: 6, open: true);
        var id = _box.Footage.Items[0].Id;

        using var whole = await _box.RawAsync("GET", $"/media/recordings/{id}.mp4", key: _box.AdminKey);

        Assert.Equal("012345", await whole.Content.ReadAsStringAsync());
        Assert.Null(whole.Headers.ETag);
    }

    [Theory]
    [InlineData("/media/recordings/..%2f..%2fdata%2flinks.key")]
    [InlineData("/media/recordings/../../data/links.key")]
    [InlineData("/media/recordings/links.key")]
    [InlineData("/media/recordings/00000000-0000-0000-0000-000000000000.mp4")]
    [InlineData("/media/recordings/{00000000-0000-0000-0000-000000000000}.mp")]
    [InlineData("/api/v1/cameras/..%2f..%2fetc/segments")]
    [InlineData("/api/v1/cameras/%27%20OR%201=1--/segments")]
    [InlineData("/api/v1/cameras/none/timeline")]
    [InlineData("/api/v1/cameras/none/snapshot")]
    [InlineData("/api/v1/cameras/none/health")]
    [InlineData("/nothing")]
    public async Task HostilePath_IsNotFound(string path)
    {
        var (status, text) = await _box.SendAsync("GET", path);
        Assert.Equal(404, status);
        Assert.Equal("not_found", JsonDocument.Parse(text).RootElement.GetProperty("code").GetString());
    }

    [Theory]
    [InlineData("from=yesterday")]
    [InlineData("to=1")]
    [InlineData("from=2026-11-21T05:00:00Z&to=2026-11-21T04:00:00Z")]
    [InlineData("from=0001-01-01T00:00:00Z&to=9999-01-01T00:00:00Z")]
    [InlineData("limit=0")]
    [InlineData("limit=5001")]
    [InlineData("limit=-1")]
    [InlineData("limit=x")]
    public async Task BadQuery_IsRefusedWith400(string query) => Assert.Equal(400, (await _box.SendAsync("GET", "/api/v1/cameras/gate/segments?" + query)).Status);

    [Fact]
    public async Task Timeline_JoinsWhatLiesLessThanTwoSecondsApart()
    {
        var at = Instant.FromUtc(2026, 11, 21, 4, 0);
        var merged = SegmentEndpoints.Merge([(at, at + Duration.FromSeconds(30)), (at + Duration.FromSeconds(32), at + Duration.FromSeconds(60)), (at + Duration.FromSeconds(63), at + Duration.FromSeconds(70))]);

        Assert.Equal([60.0, 7.0], merged.Select(s => s.DurationS));
        AddFootage(await CameraAsync(), [1]);
        var spans = await _box.JsonAsync("GET", "/api/v1/cameras/gate/timeline?from=2026-11-21T04:30:10Z&to=2026-11-21T04:30:20Z");
        Assert.Equal("2026-11-21T04:30:10Z", spans[0].GetProperty("start_time").GetString());
        Assert.Equal((10.0, "live"), (spans[0].GetProperty("duration_s").GetDouble(), spans[0].GetProperty("source").GetString()));
    }

    [Fact]
    public async Task Timeline_SaysWhatCameBackFromTheCamera()
    {
        var at = Instant.FromUtc(2026, 11, 21, 4, 0);
        var merged = SegmentEndpoints.Merge([To(0, 60)], [To(20, 30), To(30, 39.5)]);
        Assert.Equal([(To(0, 20), "live"), (To(20, 39.5), "camera_storage"), (To(39.5, 60), "live")], merged.Select(s => ((s.StartTime, s.EndTime), s.Source)));
        // The kept span reaches over a hole of half a second, which is no live footage.
        merged = SegmentEndpoints.Merge([To(0, 60)], [To(20, 30), To(30.5, 59.5)]);
        Assert.Equal([(To(0, 20), "live"), (To(20, 59.5), "camera_storage")], merged.Select(s => ((s.StartTime, s.EndTime), s.Source)));

        AddFootage(await CameraAsync(), [1]);
        _box.Footage.Items[0] = _box.Footage.Items[0] with { Provenance = FootageProvenance.Camera };
        var spans = await _box.JsonAsync("GET", "/api/v1/cameras/gate/timeline?from=2026-11-21T04:30:10Z&to=2026-11-21T04:30:20Z");
        Assert.Equal("camera_storage", spans[0].GetProperty("source").GetString());

        (Instant, Instant) To(double from, double to) => (at + Duration.FromSeconds(from), at + Duration.FromSeconds(to));
    }

    [Fact]
    public async Task Health_System_AndSite_HaveTheirFields()
    {
        var health = (await _box.JsonAsync("GET", "/api/v1/health/cameras")).EnumerateArray().Single();
        Assert.Equal(("gate", "connecting", 0), (health.GetProperty("camera_id").GetString(), health.GetProperty("state").GetString(), health.GetProperty("reconnect_count").GetInt32()));
        Assert.True(health.TryGetProperty("segments_written", out _) && health.TryGetProperty("fps_observed", out _) && health.TryGetProperty("bitrate_kbps", out _));
        Assert.Equal("gate", (await _box.JsonAsync("GET", "/api/v1/cameras/gate/health")).GetProperty("camera_id").GetString());

        var system = await _box.JsonAsync("GET", "/api/v1/system");
        Assert.True(system.GetProperty("storage").GetProperty("disk_total_bytes").GetInt64() > 0);
        Assert.True(system.GetProperty("disk_health_ok").GetBoolean());
        Assert.False(system.GetProperty("uplink").GetProperty("enabled").GetBoolean());
        Assert.True(system.TryGetProperty("relay", out _) && system.TryGetProperty("remote_access", out _) && system.TryGetProperty("live_transcode_engine", out _));

        var site = await _box.JsonAsync("GET", "/api/v1/site");
        Assert.Equal(("Depot", "Europe/Berlin", false), (site.GetProperty("name").GetString(), site.GetProperty("timezone").GetString(), site.GetProperty("enrolled").GetBoolean()));
        Assert.Equal(0, (await _box.JsonAsync("GET", "/api/v1/modules")).GetArrayLength());
    }

    [Fact]
    public async Task OpenApi_DescribesEveryRouteOfTheApi()
    {
        var document = await _box.JsonAsync("GET", "/openapi/v1.json");
        var paths = document.GetProperty("paths").EnumerateObject().Select(p => p.Name).ToList();
        foreach (var path in new[] { "/api/v1/cameras", "/api/v1/cameras/{id}", "/api/v1/cameras/{id}/segments", "/api/v1/cameras/{id}/timeline", "/api/v1/health/cameras", "/api/v1/system", "/media/recordings/{file}" })
            Assert.Contains(path, paths);
        Assert.Contains("main_stream_url", document.GetRawText(), StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync(Yaml);

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private async Task<Guid> CameraAsync() => (await _box.JsonAsync("GET", "/api/v1/cameras/gate")).GetProperty("uid").GetGuid();

    private void AddFootage(Guid camera, byte[] content, long? servable = null, bool open = false)
    {
        var file = Path.Combine(_box.Folder, Guid.NewGuid() + ".mp4");
        File.WriteAllBytes(file, content);
        var start = Instant.FromUtc(2026, 11, 21, 4, 30);
        _box.Footage.Items.Add(new Footage(Guid.NewGuid(), camera, start, start + Duration.FromSeconds(30), servable ?? content.Length, file) { Open = open, Sha256 = open ? null : new string('a', 64) });
    }
}
