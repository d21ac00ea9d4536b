using Heldar.Edge.Access;
using Heldar.Edge.Anr;
using Heldar.Edge.Gaps;
using Heldar.Edge.Health;
using Heldar.Edge.Retention;
using Heldar.Edge.Storage;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Streams;
using Heldar.Testing;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Metrics;

/// <summary>The real output of a box, judged by Prometheus' own promtool.</summary>
public sealed class MetricsEndpointTests : IAsyncLifetime
{
    private BoxFixture _box = null!;

    [Fact]
    public async Task Promtool_AcceptsWhatABoxSays()
    {
        await _box.JsonAsync("GET", "/api/v1/cameras");
        await _box.JsonAsync("GET", "/api/v1/cameras/absent", status: 404);
        RetentionMetrics.Deleted("age", [new Candidate(Guid.Empty, Guid.Empty, Guid.Empty, "", _box.Clock.Now, _box.Clock.Now, 1000)]);
        AnrMetrics.Tried(isFirst: true, isWhole: true, 12.5, StreamFailure.NoMedia);

        var (text, type) = await ScrapeAsync();

        var (code, said) = await Promtool.CheckAsync(text);
        Assert.True(code == 0, $"promtool says {code}: {said}");
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", type);
        string[] rooms = ["retention_deleted_segments", "retention_deleted_bytes", "anr_gaps", "anr_gaps_filled", "anr_refilled_seconds", "anr_failures"];
        Assert.All(rooms, name => Assert.Contains($"# TYPE heldar_{name}_total counter\n", text, StringComparison.Ordinal));
        Assert.Empty(Promtool.Repeated(text));
    }

    [Theory]
    [InlineData("# HELP a_seconds x\n# TYPE a_seconds counter\na_seconds 1\n", "_total")]
    [InlineData("# HELP a_total x\n# TYPE a_total gauge\na_total 1\n", "_total")]
    [InlineData("# TYPE a gauge\na 1\n", "no help text")]
    [InlineData("# HELP a x\n# TYPE a gauge\na{b=\"c\"d\"} 1\n", "error")]
    [InlineData("# HELP a_bits x\n# TYPE a_bits gauge\na_bits 1\n", "use base unit")]
    public async Task Promtool_Bites(string text, string complaint)
    {
        var (code, said) = await Promtool.CheckAsync(text);

        Assert.NotEqual(0, code);
        Assert.Contains(complaint, said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("heldar_build_info{version=")]
    [InlineData("heldar_cameras_total 2\n")]
    [InlineData("heldar_cameras_recording 0\n")]
    [InlineData("heldar_segments_total 0\n")]
    [InlineData("heldar_recordings_bytes 0\n")]
    [InlineData("heldar_ai_tasks_enabled 0\n")]
    [InlineData("heldar_detections_stored 0\n")]
    [InlineData("heldar_disk_total_bytes ")]
    [InlineData("heldar_disk_free_bytes ")]
    [InlineData("heldar_disk_used_percent ")]
    [InlineData("heldar_camera_up{camera=\"a\",state=\"connecting\"} 0\n")]
    [InlineData("heldar_camera_reconnects_total{camera=\"a\"} ")]
    [InlineData("heldar_camera_segments_written_total{camera=\"a\"} ")]
    [InlineData("heldar_camera_bitrate_kbps{camera=\"a\"} ")]
    [InlineData("heldar_camera_packets_lost_total{camera=\"a\"} ")]
    [InlineData("heldar_uplink_outbox_events 0\n")]
    [InlineData("heldar_uplink_outbox_age_seconds 0\n")]
    [InlineData("heldar_store_up 1\n")]
    [InlineData("heldar_store_queue ")]
    [InlineData("heldar_store_file_bytes ")]
    [InlineData("heldar_store_log_bytes ")]
    [InlineData("heldar_store_commit_seconds_bucket{le=\"+Inf\"} ")]
    [InlineData("heldar_storage_free_bytes{volume=")]
    [InlineData("heldar_held_level 0\n")]
    [InlineData("heldar_warnings{source=\"retention\"} ")]
    [InlineData("heldar_warnings{source=\"disks\"} ")]
    [InlineData("heldar_warnings{source=\"mirror\"} 0\n")]
    [InlineData("heldar_recovery_quarantine_bytes{volume=")]
    [InlineData("process_resident_memory_bytes ")]
    [InlineData("process_cpu_seconds_total ")]
    [InlineData("http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"/api/v1/cameras/\",http_response_status_code=\"200\"} ")]
    public async Task Scrape_Says(string line)
    {
        await _box.JsonAsync("GET", "/api/v1/cameras");

        Assert.Contains(line, (await ScrapeAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task RemovedCamera_IsSaidNoMore()
    {
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "gone", url = "rtsp://10.0.0.9/" }, 201);
        Assert.Contains("camera=\"gone\"", (await ScrapeAsync()).Text, StringComparison.Ordinal);

        await _box.JsonAsync("DELETE", "/api/v1/cameras/gone", status: 204);
        _box.Clock.Advance(Duration.FromSeconds(2));

        Assert.DoesNotContain("camera=\"gone\"", (await ScrapeAsync()).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatHealthWarnsOf_LeavesTheBox()
    {
        var services = _box.App.Services;
        var camera = (await _box.Cameras.ObserveAsync(TestContext.Current.CancellationToken)).Single(c => c.Config.Slug == "a");
        var problems = services.GetRequiredService<CameraProblems>();
        var quarantine = Directory.CreateDirectory(Path.Combine(services.GetRequiredService<VolumeSet>().All[0].Root, "quarantine"));
        await File.WriteAllBytesAsync(Path.Combine(quarantine.FullName, "x.mp4"), new byte[1234], TestContext.Current.CancellationToken);
        var text = "";
        var at = _box.Clock.Now;

        // The box looks at its cameras and disks by itself meanwhile, and finds neither a picture nor held footage.
        for (var attempt = 0; attempt < 20 && !(text.Contains("problem=", StringComparison.Ordinal) && text.Contains("heldar_held_level 1", StringComparison.Ordinal)); attempt++)
        {
            problems.Look([camera], at);
            for (var picture = 0; picture < 3; picture++) problems.See(camera.Config, new byte[PictureJudge.Width * PictureJudge.Height], at += Duration.FromSeconds(30));
            services.GetRequiredService<HeldFootage>().Set(HeldLevel.Warning, "/disk: 1 byte is held");
            _box.Clock.Advance(Duration.FromSeconds(2));
            text = (await ScrapeAsync()).Text;
        }

        Assert.Contains("heldar_held_level 1\n", text, StringComparison.Ordinal);
        Assert.Contains("heldar_warnings{source=\"held\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("heldar_camera_problem{camera=\"a\",problem=\"black\"} 1\n", text, StringComparison.Ordinal);
        Assert.Matches("heldar_recovery_quarantine_bytes\\{volume=\"[0-9a-f]{8}\"\\} 1234\n", text);
        var (code, said) = await Promtool.CheckAsync(text);
        Assert.True(code == 0, said);
    }

    [Fact]
    public async Task Scrape_NeedsAKey()
    {
        using var refused = await _box.Http.GetAsync(new Uri("/metrics", UriKind.Relative));
        Assert.Equal(System.Net.HttpStatusCode.Unauthorized, refused.StatusCode);
        using var viewer = await _box.RawAsync("GET", "/metrics", key: _box.Key(BoxRole.Viewer));
        Assert.Equal(System.Net.HttpStatusCode.OK, viewer.StatusCode);
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync(
        "cameras:\n  - { id: a, url: 'rtsp://10.0.0.1/', username: u, password: p }\n  - { id: b, url: 'rtsp://10.0.0.2/' }\n");

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private async Task<(string Text, string? Type)> ScrapeAsync()
    {
        using var response = await _box.RawAsync("GET", "/metrics", key: _box.AdminKey);
        Assert.Equal(200, (int)response.StatusCode);
        return (await response.Content.ReadAsStringAsync(), response.Content.Headers.ContentType?.ToString());
    }
}
