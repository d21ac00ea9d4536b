using System.Text.Json;
using Heldar.Contracts.Events;
using Heldar.Edge.Gaps;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Access;

/// <summary>Two cameras with schedules, jobs, series, exceptions and gaps of both; a manager who may know of the first only.</summary>
public sealed class ScopedRoomsTests : IAsyncLifetime
{
    private const string Hidden = "backyard";
    private const string Password = "correct horse battery";
    private static readonly string None = Guid.Empty.ToString("D");
    private static readonly object Weekly = new { days = new[] { 0, 1 }, time_start = "08:00", time_end = "18:00" };
    private BoxFixture _box = null!;
    private string _manager = "";

    [Fact]
    public async Task Schedules_OfOneCameraOnly()
    {
        var hidden = await IdAsync($"/api/v1/cameras/{Hidden}/schedules", Weekly);
        var own = await OwnAsync("/api/v1/cameras/gate/schedules", Weekly);

        await SameAsMissingAsync("POST", "/api/v1/cameras/{0}/schedules", Hidden, "nowhere", Weekly);
        await SameAsMissingAsync("GET", "/api/v1/cameras/{0}/schedules", Hidden, "nowhere");
        await SameAsMissingAsync("PATCH", "/api/v1/schedules/{0}", hidden, None, new { enabled = false });
        await SameAsMissingAsync("DELETE", "/api/v1/schedules/{0}", hidden, None);
        Assert.True((await _box.JsonAsync("GET", $"/api/v1/cameras/{Hidden}/schedules"))[0].GetProperty("enabled").GetBoolean());

        Assert.Contains(own, (await _box.SendAsync("GET", "/api/v1/cameras/gate/schedules", key: _manager)).Body, StringComparison.Ordinal);
        Assert.Equal(200, (await _box.SendAsync("PATCH", $"/api/v1/schedules/{own}", new { enabled = false }, _manager)).Status);
        Assert.Equal(204, (await _box.SendAsync("DELETE", $"/api/v1/schedules/{own}", key: _manager)).Status);
    }

    [Fact]
    public async Task Exceptions_OfOneCameraOnly_AndThoseOfAllAreOnlyShown()
    {
        var hidden = await IdAsync("/api/v1/schedule-exceptions", Days(Hidden));
        var all = await IdAsync("/api/v1/schedule-exceptions", Days(null));
        var own = await OwnAsync("/api/v1/schedule-exceptions", Days("gate"));

        var listed = (await _box.SendAsync("GET", "/api/v1/schedule-exceptions", key: _manager)).Body;
        Assert.Equal((true, true, false), (listed.Contains(own, StringComparison.Ordinal), listed.Contains(all, StringComparison.Ordinal), listed.Contains(hidden, StringComparison.Ordinal)));
        Assert.Equal(403, (await _box.SendAsync("POST", "/api/v1/schedule-exceptions", Days(null), _manager)).Status);
        Assert.Equal(403, (await _box.SendAsync("DELETE", $"/api/v1/schedule-exceptions/{all}", key: _manager)).Status);
        Assert.Equal(await _box.SendAsync("POST", "/api/v1/schedule-exceptions", Days("nowhere"), _manager), await _box.SendAsync("POST", "/api/v1/schedule-exceptions", Days(Hidden), _manager));
        await SameAsMissingAsync("DELETE", "/api/v1/schedule-exceptions/{0}", hidden, None);
        Assert.Equal(204, (await _box.SendAsync("DELETE", $"/api/v1/schedule-exceptions/{own}", key: _manager)).Status);
        Assert.Equal(2, (await _box.JsonAsync("GET", "/api/v1/schedule-exceptions")).GetArrayLength());
    }

    [Fact]
    public async Task Jobs_OfOneCameraOnly()
    {
        var wish = new { duration_seconds = 600 };
        var hidden = await IdAsync($"/api/v1/cameras/{Hidden}/recording-jobs", wish);
        var own = await OwnAsync("/api/v1/cameras/gate/recording-jobs", wish);

        await SameAsMissingAsync("GET", "/api/v1/cameras/{0}/recording-jobs", Hidden, "nowhere");
        await SameAsMissingAsync("POST", "/api/v1/cameras/{0}/recording-jobs", Hidden, "nowhere", wish);
        await SameAsMissingAsync("GET", "/api/v1/recording-jobs/{0}", hidden, None);
        await SameAsMissingAsync("DELETE", "/api/v1/recording-jobs/{0}", hidden, None);
        Assert.NotEqual("cancelled", (await _box.JsonAsync("GET", $"/api/v1/recording-jobs/{hidden}")).GetProperty("state").GetString());

        Assert.Equal(200, (await _box.SendAsync("GET", $"/api/v1/recording-jobs/{own}", key: _manager)).Status);
        Assert.Equal(204, (await _box.SendAsync("DELETE", $"/api/v1/recording-jobs/{own}", key: _manager)).Status);
    }

    [Fact]
    public async Task Series_OfOneCameraOnly()
    {
        var hidden = await IdAsync($"/api/v1/cameras/{Hidden}/recording-series", Weekly);
        var own = await OwnAsync("/api/v1/cameras/gate/recording-series", Weekly);

        await SameAsMissingAsync("GET", "/api/v1/cameras/{0}/recording-series", Hidden, "nowhere");
        await SameAsMissingAsync("DELETE", "/api/v1/recording-series/{0}", hidden, None);
        Assert.Equal(1, (await _box.JsonAsync("GET", $"/api/v1/cameras/{Hidden}/recording-series")).GetArrayLength());
        Assert.Equal(204, (await _box.SendAsync("DELETE", $"/api/v1/recording-series/{own}", key: _manager)).Status);
    }

    [Fact]
    public async Task EventsGapsAndCoverage_OfOneCameraOnly()
    {
        var gap = Guid.CreateVersion7();
        var begin = _box.Clock.Now - Duration.FromMinutes(10);
        await _box.App.Services.GetRequiredService<IStoreWriter>().EnqueueAsync(
            db => GapRows.Apply(
                db, _box.App.Services.GetRequiredService<IOutbox>(),
                new GapData { Gap = gap, Camera = _box.Cameras.Find(Hidden)!.Uid, Revision = 2, Start = begin, End = begin + Duration.FromSeconds(30), Cause = GapCause.Network }),
            TestContext.Current.CancellationToken);

        await SameAsMissingAsync("POST", "/api/v1/cameras/{0}/record-trigger", Hidden, "nowhere");
        await SameAsMissingAsync("DELETE", "/api/v1/cameras/{0}/record-trigger", Hidden, "nowhere");
        foreach (var what in new[] { "gaps", "coverage", "segments", "timeline", "health" }) await SameAsMissingAsync("GET", "/api/v1/cameras/{0}/" + what, Hidden, "nowhere");
        await SameAsMissingAsync("POST", "/api/v1/cameras/gate/gaps/{0}/retry", $"{gap:D}", None);

        Assert.Equal(200, (await _box.SendAsync("POST", "/api/v1/cameras/gate/record-trigger", key: _manager)).Status);
        Assert.Equal(204, (await _box.SendAsync("DELETE", "/api/v1/cameras/gate/record-trigger", key: _manager)).Status);
        foreach (var what in new[] { "gaps", "coverage", "segments", "timeline", "health" })
            Assert.Equal(200, (await _box.SendAsync("GET", "/api/v1/cameras/gate/" + what, key: _manager)).Status);
    }

    [Theory]
    [InlineData("GET", "/api/v1/settings")]
    [InlineData("PUT", "/api/v1/settings")]
    [InlineData("PUT", "/api/v1/system/retention")]
    [InlineData("GET", "/api/v1/system/retention")]
    [InlineData("GET", "/api/v1/system/retention/preview")]
    [InlineData("GET", "/api/v1/system/db")]
    [InlineData("PUT", "/api/v1/system/db")]
    [InlineData("GET", "/metrics")]
    [InlineData("GET", "/health")]
    public async Task WholeBox_IsNotTheirs(string method, string path) => Assert.Equal(403, (await _box.SendAsync(method, path, method == "PUT" ? "{}" : null, _manager)).Status);

    public async ValueTask InitializeAsync()
    {
        _box = await BoxFixture.StartAsync("cameras:\n  - { id: gate, url: 'rtsp://127.0.0.1:1/a', mode: event }\n  - { id: backyard, url: 'rtsp://127.0.0.1:1/b', mode: event }");
        await _box.JsonAsync("POST", "/api/v1/users", new { name = "Anna", password = Password, role = "manager", cameras = new[] { "gate" } }, 201);
        var browser = new Browser(_box.Http);
        Assert.Equal(200, (await browser.LoginAsync("Anna", Password)).Status);
        _manager = browser.Cookie!;
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private static object Days(string? camera) => new { camera_id = camera, from_date = "2026-12-24", to_date = "2026-12-26", windows = Array.Empty<object>() };

    private async Task<string> IdAsync(string path, object body) => (await _box.JsonAsync("POST", path, body, 201)).GetProperty("id").GetString()!;

    /// <summary>Made by the manager himself.</summary>
    private async Task<string> OwnAsync(string path, object body)
    {
        var (status, text) = await _box.SendAsync("POST", path, body, _manager);
        Assert.True(status == 201, text);
        return JsonDocument.Parse(text).RootElement.GetProperty("id").GetString()!;
    }

    /// <summary>What is out of scope answers exactly like what does not exist.</summary>
    private async Task SameAsMissingAsync(string method, string path, string hidden, string missing, object? body = null)
    {
        var answer = await _box.SendAsync(method, path.Replace("{0}", hidden, StringComparison.Ordinal), body, _manager);
        Assert.Equal(404, answer.Status);
        Assert.Equal(await _box.SendAsync(method, path.Replace("{0}", missing, StringComparison.Ordinal), body, _manager), answer);
    }
}
