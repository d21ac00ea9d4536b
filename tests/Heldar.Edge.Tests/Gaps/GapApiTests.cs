using System.Text.Json;
using Heldar.Edge.Recorder;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Tests.Gaps;

public sealed class GapApiTests : IAsyncLifetime
{
    private BoxFixture _box = null!;

    [Fact]
    public async Task OfflineCamera_IsAnOpenGap_ThatARestartKeeps()
    {
        var begin = _box.Clock.Now;
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Offline, Failure = StreamFailure.Refused, Since = begin, Cause = "refused" };
        var gap = await GapAsync(_ => true);
        Assert.Equal(("gate", "camera_unreachable", true), (gap.GetProperty("camera_id").GetString(), gap.GetProperty("cause").GetString(), gap.GetProperty("open").GetBoolean()));

        _box.Clock.Advance(Duration.FromSeconds(90));
        var coverage = await _box.JsonAsync("GET", "/api/v1/cameras/gate/coverage");
        Assert.Equal(90, coverage.GetProperty("by_cause").GetProperty("camera_unreachable").GetProperty("seconds").GetDouble(), 1.0);
        Assert.Equal((0, 100), (coverage.GetProperty("unexplained_seconds").GetDouble(), coverage.GetProperty("missing_percent").GetDouble()));

        await _box.RestartAsync(Yaml);
        var back = _box.Clock.Now;
        _box.Clock.Advance(Duration.FromSeconds(3));
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Streaming, Since = back };
        _box.Pipelines.Running.Single().Recorder = new RecorderProgress { RecordedSince = back, RecordedThrough = _box.Clock.Now, MediaEnd = _box.Clock.Now };
        var ended = await GapAsync(g => !g.GetProperty("open").GetBoolean());
        Assert.Equal(gap.GetProperty("id").GetGuid(), ended.GetProperty("id").GetGuid());
        Assert.Equal(90, ended.GetProperty("gap_seconds").GetDouble(), 1.0);
    }

    [Theory]
    [InlineData("gaps?from=yesterday")]
    [InlineData("gaps?limit=0")]
    [InlineData("coverage?from=2026-11-22T00:00:00Z&to=2026-11-21T00:00:00Z")]
    public async Task BadQuery_IsRefusedWith400(string query) => Assert.Equal(400, (await _box.SendAsync("GET", "/api/v1/cameras/gate/" + query)).Status);

    [Theory]
    [InlineData("gaps")]
    [InlineData("coverage")]
    public async Task UnknownCamera_Is404(string route) => Assert.Equal(404, (await _box.SendAsync("GET", "/api/v1/cameras/none/" + route)).Status);

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync(Yaml);

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private const string Yaml = "cameras: [{ id: gate, name: Gate, url: 'rtsp://10.0.0.1/' }]";

    private async Task<JsonElement> GapAsync(Func<JsonElement, bool> wanted)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(50));
        for (var i = 0; i < 400 && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken); i++)
        {
            var gaps = await _box.JsonAsync("GET", "/api/v1/cameras/gate/gaps?from=2026-11-20T00:00:00Z&to=2026-11-22T00:00:00Z");
            if (gaps.GetArrayLength() > 0 && wanted(gaps[gaps.GetArrayLength() - 1])) return gaps[gaps.GetArrayLength() - 1];
        }

        throw new TimeoutException("the gap did not come");
    }
}
