using System.Text.Json;
using Heldar.Edge.Mirror;
using Heldar.Edge.Retention;
using Heldar.Edge.Settings;
using Heldar.Edge.Tests.Api;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Cameras;

/// <summary>How long and how much of one camera is kept, and whether it is mirrored: changed while it records.</summary>
public sealed class CameraLimitsTests : IAsyncLifetime
{
    private const string Box = "recording: { volumes: [{ path: ./recordings }, { path: ./copies, role: mirror }] }\nretention: { hours: 24, maxBytes: 1GiB, cameras: [{ id: yard, hours: 9 }, { id: gate, hours: 5 }] }\n";
    private const string Gate = "cameras: [{ id: gate, url: 'rtsp://10.0.0.1/' }]";
    private BoxFixture _box = null!;

    private RetentionPolicy Policy => _box.App.Services.GetRequiredService<RetentionPolicies>().Current;

    [Fact]
    public async Task OwnLimits_HoldAtOnce_WithoutAnotherSession_AndAreKept()
    {
        var uid = (await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "yard", url = "rtsp://10.0.0.2/" }, 201)).GetProperty("uid").GetGuid();
        Assert.Equal((Duration.FromHours(9), null, true), (Policy.AgeOf(uid), Policy.QuotaOf(uid), Mirrored("yard")));

        var changed = await _box.JsonAsync("PATCH", "/api/v1/cameras/yard", new { retention_hours = 48, storage_quota_bytes = 100_000_000, mirror_enabled = false });
        Assert.Equal((48, 100_000_000, false), Shown(changed));
        Assert.Equal((Duration.FromHours(48), 100_000_000, false), (Policy.AgeOf(uid), Policy.QuotaOf(uid), Mirrored("yard")));
        Assert.Equal(0, _box.Pipelines.Started.Single(p => p.Identity.Slug == "yard").Changes);

        await _box.RestartAsync(Box + Gate);
        Assert.Equal((48, 100_000_000, false), Shown(await _box.JsonAsync("GET", "/api/v1/cameras/yard")));
        await _box.JsonAsync("PATCH", "/api/v1/cameras/yard", new { retention_hours = 0, storage_quota_bytes = 0, mirror_enabled = true });
        Assert.Equal((Duration.FromHours(9), null, true), (Policy.AgeOf(uid), Policy.QuotaOf(uid), Mirrored("yard")));
    }

    [Fact]
    public async Task FileThatIsReadAgain_ChangesLimitsAndMirror_WithoutAnotherSession()
    {
        var uid = _box.Cameras.Find("gate")!.Uid;
        Assert.Equal((Duration.FromHours(5), true), (Policy.AgeOf(uid), Mirrored("gate")));

        var text = Box.Replace("hours: 5", "hours: 6, quotaBytes: 500MiB", StringComparison.Ordinal) + Gate.Replace("' }", "', mirror: false }", StringComparison.Ordinal);
        var next = SettingsReader.Read(Path.Combine(_box.Folder, "heldar.yaml"), text, _ => null);
        await _box.Cameras.ApplyYamlAsync(next.Cameras, next.Recording.SegmentSeconds, CancellationToken.None);

        Assert.Equal((Duration.FromHours(6), 500L << 20, false), (Policy.AgeOf(uid), Policy.QuotaOf(uid), Mirrored("gate")));
        Assert.Equal(0, Assert.Single(_box.Pipelines.Started).Changes);
    }

    [Theory]
    [InlineData("{\"retention_hours\":-1}", "retention_hours must be 1 to 43800")]
    [InlineData("{\"retention_hours\":43801}", "retention_hours must be 1 to 43800")]
    [InlineData("{\"storage_quota_bytes\":1}", "storage_quota_bytes must be at least")]
    [InlineData("{\"storage_quota_bytes\":2147483648}", "storage_quota_bytes is more than all footage may take")]
    [InlineData("{\"retention_hour\":48}", "there is no field 'retention_hour'")]
    [InlineData("{\"events\":{\"topic\":[]}}", "there is no field 'events.topic'")]
    [InlineData("{\"a\":1,\"b\":2}", "there is no field 'a'; there is no field 'b'")]
    public async Task WhatMakesNoSense_IsRefused_AndChangesNothing(string body, string says)
    {
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "yard", url = "rtsp://10.0.0.2/", retention_hours = 7 }, 201);

        var (status, text) = await _box.SendAsync("PATCH", "/api/v1/cameras/yard", body);

        Assert.Equal(400, status);
        Assert.Contains(says, text, StringComparison.Ordinal);
        Assert.Equal(7, (await _box.JsonAsync("GET", "/api/v1/cameras/yard")).GetProperty("retention_hours").GetInt32());
    }

    [Fact]
    public async Task Mirror_IsRefused_WhereThereIsNone()
    {
        await _box.RestartAsync("");
        var (status, text) = await _box.SendAsync("POST", "/api/v1/cameras", new { id = "yard", url = "rtsp://10.0.0.2/", mirror_enabled = true });
        Assert.Equal(400, status);
        Assert.Contains("mirror_enabled: the box has no volume with the role mirror", text, StringComparison.Ordinal);
        Assert.False((await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "yard", url = "rtsp://10.0.0.2/" }, 201)).GetProperty("mirror_enabled").GetBoolean());
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync(Box + Gate);

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private static (int Hours, long Quota, bool Mirror) Shown(JsonElement camera) =>
        (camera.GetProperty("retention_hours").GetInt32(), camera.GetProperty("storage_quota_bytes").GetInt64(), camera.GetProperty("mirror_enabled").GetBoolean());

    private bool Mirrored(string camera) => _box.App.Services.GetRequiredService<MirrorPolicy>().Wants(camera);
}
