using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Gaps;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Anr;

/// <summary>What people set and see of refilling.</summary>
public sealed class AnrApiTests : IAsyncLifetime
{
    private BoxFixture _box = null!;

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync("cameras: [{ id: gate, name: Gate, url: 'rtsp://10.0.0.1/live', anr: { replayUrl: 'rtsp://10.0.0.1/tracks/1?starttime={start}&endtime={end}' } }, { id: yard, url: 'rtsp://10.0.0.2/' }]");

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task Settings_AreShown_AndAChangeRestartsNothing()
    {
        var gate = await _box.JsonAsync("GET", "/api/v1/cameras/gate");
        Assert.True(gate.GetProperty("anr_enabled").GetBoolean());
        Assert.StartsWith("rtsp://10.0.0.1/tracks/1?", gate.GetProperty("anr_replay_url_template").GetString(), StringComparison.Ordinal);

        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "dock", main_stream_url = "rtsp://10.0.0.3/", anr_enabled = true, anr_replay_url_template = "rtsp://eve:hunter2@10.0.0.9/x?token=abc&s={start}" }, 201);
        var started = _box.Pipelines.Started.Count;
        var dock = await _box.JsonAsync("PATCH", "/api/v1/cameras/dock", new { anr_enabled = false });
        Assert.Equal(started, _box.Pipelines.Started.Count);
        Assert.False(dock.GetProperty("anr_enabled").GetBoolean());
        Assert.DoesNotContain("hunter2", dock.GetRawText(), StringComparison.Ordinal);
        Assert.DoesNotContain("abc", dock.GetRawText(), StringComparison.Ordinal);
        foreach (var file in Directory.EnumerateFiles(_box.Folder, "box.db*", SearchOption.AllDirectories))
        {
            await using var open = new FileStream(file, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(open, System.Text.Encoding.Latin1);
            Assert.DoesNotContain("hunter2", await reader.ReadToEndAsync(TestContext.Current.CancellationToken), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("http://10.0.0.9/{start}")]
    [InlineData("rtsp://10.0.0.9/a b")]
    [InlineData("{start}")]
    public async Task BadTemplate_IsRefused_WithoutRepeatingIt(string template)
    {
        var (status, body) = await _box.SendAsync("POST", "/api/v1/cameras", new { id = "dock", main_stream_url = "rtsp://10.0.0.3/", anr_replay_url_template = template });
        Assert.Equal(400, status);
        Assert.Contains("anr_replay_url_template", body, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.9", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Retry_BeginsAnew_AndRefusesWhatMakesNoSense()
    {
        var failed = await PutAsync("gate", GapCause.Network, FillState.Failed);
        var shown = (await _box.JsonAsync("GET", "/api/v1/cameras/gate/gaps?from=2026-11-20T00:00:00Z&to=2026-11-22T00:00:00Z")).EnumerateArray().Single(g => g.GetProperty("id").GetGuid() == failed);
        Assert.Equal(
            await _box.SendAsync("GET", "/api/v1/cameras/gate/gaps?from=2026-11-20T00:00:00Z&to=2026-11-22T00:00:00Z"),
            await _box.SendAsync("GET", "/api/v1/cameras/gate/recording-gaps?from=2026-11-20T00:00:00Z&to=2026-11-22T00:00:00Z"));
        Assert.Equal(("failed", 5, "no"), (shown.GetProperty("fill_state").GetString(), shown.GetProperty("fill_attempts").GetInt32(), shown.GetProperty("fill_error").GetString()));

        var again = await _box.JsonAsync("POST", $"/api/v1/cameras/gate/gaps/{failed}/retry", status: 202);
        Assert.Equal(("pending", 0), (again.GetProperty("fill_state").GetString(), again.GetProperty("fill_attempts").GetInt32()));
        Assert.Equal(202, (await _box.SendAsync("POST", $"/api/v1/cameras/gate/recording-gaps/{failed}/retry")).Status);

        Assert.Equal(404, (await _box.SendAsync("POST", $"/api/v1/cameras/yard/gaps/{failed}/retry")).Status);
        Assert.Equal(404, (await _box.SendAsync("POST", "/api/v1/cameras/gate/gaps/none/retry")).Status);
        Assert.Equal(409, (await _box.SendAsync("POST", $"/api/v1/cameras/yard/gaps/{await PutAsync("yard", GapCause.Network, null)}/retry")).Status);
        Assert.Equal(409, (await _box.SendAsync("POST", $"/api/v1/cameras/gate/gaps/{await PutAsync("gate", GapCause.Operator, null)}/retry")).Status);
        Assert.Equal(403, (await _box.SendAsync("POST", $"/api/v1/cameras/gate/gaps/{failed}/retry", key: _box.Key(BoxRole.Viewer))).Status);
    }

    private async Task<Guid> PutAsync(string camera, GapCause cause, FillState? state)
    {
        var begin = _box.Clock.Now - Duration.FromMinutes(10);
        var gap = new GapData { Gap = Guid.CreateVersion7(), Camera = _box.Cameras.Find(camera)!.Uid, Revision = 2, Start = begin, End = begin + Duration.FromSeconds(30), Cause = cause };
        await _box.App.Services.GetRequiredService<IStoreWriter>().EnqueueAsync(
            db =>
            {
                GapRows.Apply(db, _box.App.Services.GetRequiredService<IOutbox>(), gap);
                if (state is { } known) GapFillRows.Put(db, new GapFill(gap.Gap, gap.Camera, gap.Start, gap.End.Value, known, 5, null, [], "no"));
            },
            TestContext.Current.CancellationToken);
        return gap.Gap;
    }
}
