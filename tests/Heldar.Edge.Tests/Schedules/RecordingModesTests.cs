using System.Text.Json;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Ingest;
using Heldar.Media.Tests;
using NodaTime;

namespace Heldar.Edge.Tests.Schedules;

/// <summary>Modes, schedules and triggers of a whole box, with a clock that tests move. The site is in Berlin; it is Saturday, 05:37.</summary>
public sealed class RecordingModesTests : IAsyncLifetime
{
    private const string Yaml = """
        cameras:
          - { id: always, url: 'rtsp://10.0.0.1/' }
          - { id: office, url: 'rtsp://10.0.0.2/', mode: scheduled }
          - { id: yard, url: 'rtsp://10.0.0.3/', mode: event, preRollSeconds: 7, postRollSeconds: 20 }
          - { id: shed, url: 'rtsp://10.0.0.4/', mode: scheduled_event }
        """;

    private BoxFixture _box = null!;

    [Fact]
    public async Task Continuous_RecordsAtOnce_AndTheOthersWait()
    {
        Assert.Equal((true, Instant.MinValue), Assert.Single(Pipeline("always").Wishes));
        foreach (var id in new[] { "office", "yard", "shed" }) Assert.Empty(Pipeline(id).Wishes);
        Assert.Equal([Duration.Zero, Duration.Zero, Duration.FromSeconds(7), Duration.FromSeconds(10)], new[] { "always", "office", "yard", "shed" }.Select(id => Pipeline(id).Plan.PreRoll));
        var camera = await CameraAsync("yard");
        Assert.Equal(("event", 7, 20, "idle", 0), (camera.GetProperty("record_mode").GetString(), camera.GetProperty("pre_roll_seconds").GetInt32(), camera.GetProperty("post_roll_seconds").GetInt32(), camera.GetProperty("state").GetString(), camera.GetProperty("wanted").GetArrayLength()));
        Assert.Contains("schedule", (await CameraAsync("office")).GetProperty("cause").GetString(), StringComparison.Ordinal);
        Assert.Equal(JsonValueKind.Undefined, Optional(camera, "cause").ValueKind);
    }

    [Fact]
    public async Task Schedule_StartsAndEndsToTheMoment_AndSurvivesARestart()
    {
        var schedule = await _box.JsonAsync("POST", "/api/v1/cameras/office/schedules", new { days = new[] { 5, 6 }, time_start = "06:00", time_end = "07:30" }, 201);
        Assert.Equal(("office", "06:00", "Europe/Berlin"), (schedule.GetProperty("camera_id").GetString(), schedule.GetProperty("time_start").GetString(), schedule.GetProperty("time_zone").GetString()));
        Assert.Empty(Pipeline("office").Wishes);

        await _box.RestartAsync(Yaml);
        _box.Clock.Now = Instant.FromUtc(2026, 11, 21, 5, 0);
        await Eventually.TrueAsync(() => Pipeline("office").Wishes.Count == 2, "the window is recorded");

        Assert.Equal([(true, Instant.FromUtc(2026, 11, 21, 5, 0)), (false, Instant.FromUtc(2026, 11, 21, 6, 30))], Pipeline("office").Wishes);
        var wanted = (await CameraAsync("office")).GetProperty("wanted").EnumerateArray().Select(r => r.GetString());
        Assert.Equal(["schedule"], wanted);
    }

    [Fact]
    public async Task ChangedSchedule_CountsAtOnce()
    {
        var id = (await _box.JsonAsync("POST", "/api/v1/cameras/office/schedules", new { days = new[] { 5 }, time_start = "00:00", time_end = "24:00" }, 201)).GetProperty("id").GetString();
        Assert.Equal(2, Pipeline("office").Wishes.Count);

        await _box.JsonAsync("PATCH", $"/api/v1/schedules/{id}", new { time_end = "05:00" });
        Assert.Equal((false, _box.Clock.Now), Pipeline("office").Wishes[^1]);
        await _box.JsonAsync("PATCH", $"/api/v1/schedules/{id}", new { time_end = "06:00" });
        Assert.Equal((false, Instant.FromUtc(2026, 11, 21, 5, 0)), Pipeline("office").Wishes[^1]);

        var holiday = await _box.JsonAsync("POST", "/api/v1/schedule-exceptions", new { from_date = "2026-11-21" }, 201);
        Assert.Equal((false, _box.Clock.Now), Pipeline("office").Wishes[^1]);
        await _box.JsonAsync("DELETE", $"/api/v1/schedule-exceptions/{holiday.GetProperty("id").GetString()}", status: 204);
        Assert.Equal((false, Instant.FromUtc(2026, 11, 21, 5, 0)), Pipeline("office").Wishes[^1]);

        await _box.JsonAsync("DELETE", $"/api/v1/schedules/{id}", status: 204);
        Assert.Equal((false, _box.Clock.Now), Pipeline("office").Wishes[^1]);
        Assert.Single(_box.Pipelines.Started, p => p.Identity.Slug == "office");
    }

    [Fact]
    public async Task Event_BeginsBeforeItself_AndMoreOfThemMakeItLonger()
    {
        var begin = _box.Clock.Now;
        var first = await TriggerAsync("yard", new { @event = "door" });
        Assert.Equal(("event", true), (first.GetProperty("reason").GetString(), first.GetProperty("recording").GetBoolean()));
        Assert.Equal([(true, begin - Duration.FromSeconds(7)), (false, begin + Duration.FromSeconds(20))], Pipeline("yard").Wishes);

        _box.Clock.Advance(Duration.FromSeconds(15));
        await TriggerAsync("yard", new { @event = "door" });
        Assert.Equal((false, begin + Duration.FromSeconds(35)), Pipeline("yard").Wishes[^1]);

        await _box.RestartAsync(Yaml);
        Assert.Equal([(true, begin - Duration.FromSeconds(7)), (false, begin + Duration.FromSeconds(35))], Pipeline("yard").Wishes);
        _box.Clock.Advance(Duration.FromSeconds(30));
        await Eventually.TrueAsync(() => !Wanted("yard"), "the event is over");
    }

    [Fact]
    public async Task ScheduledEvent_CountsOnlyWhileTheScheduleIsOn()
    {
        Assert.False((await TriggerAsync("shed", new { @event = "door" })).GetProperty("recording").GetBoolean());
        await _box.JsonAsync("POST", "/api/v1/cameras/shed/schedules", new { days = new[] { 5 }, time_start = "05:00", time_end = "05:38" }, 201);
        Assert.Empty(Pipeline("shed").Wishes);

        Assert.True((await TriggerAsync("shed", new { @event = "door" })).GetProperty("recording").GetBoolean());
        Assert.Equal((false, _box.Clock.Now + Duration.FromSeconds(30)), Pipeline("shed").Wishes[^1]);
    }

    [Fact]
    public async Task Operator_RecordsInEveryMode_AndStops()
    {
        Assert.Equal("operator", (await TriggerAsync("office", new { post_roll_seconds = 60 })).GetProperty("reason").GetString());
        Assert.Equal((false, _box.Clock.Now + Duration.FromSeconds(60)), Pipeline("office").Wishes[^1]);
        _box.Clock.Advance(Duration.FromSeconds(10));
        await _box.JsonAsync("DELETE", "/api/v1/cameras/office/record-trigger", status: 204);
        Assert.Equal((false, _box.Clock.Now), Pipeline("office").Wishes[^1]);
        await _box.JsonAsync("DELETE", "/api/v1/cameras/office/record-trigger", status: 404);
    }

    [Fact]
    public async Task ClockThatIsSetBack_StopsWhatIsNotWantedThen()
    {
        await _box.JsonAsync("POST", "/api/v1/cameras/office/schedules", new { days = new[] { 5 }, time_start = "05:30", time_end = "06:30" }, 201);
        Assert.True(Wanted("office"));
        _box.Clock.Advance(Duration.FromHours(-1));
        await Eventually.TrueAsync(() => !Wanted("office"), "the camera rests");
        _box.Clock.Advance(Duration.FromHours(1));
        await Eventually.TrueAsync(() => Wanted("office"), "the camera records again");
    }

    [Fact]
    public async Task Mode_ChangesWithoutANewSession()
    {
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "own", url = "rtsp://10.0.0.9/" }, 201);
        var changed = await _box.JsonAsync("PATCH", "/api/v1/cameras/own", new { record_mode = "event", post_roll_seconds = 5 });
        Assert.Equal(("event", 5), (changed.GetProperty("record_mode").GetString(), changed.GetProperty("post_roll_seconds").GetInt32()));
        Assert.Equal((false, _box.Clock.Now), Pipeline("own").Wishes[^1]);
        Assert.Single(_box.Pipelines.Started, p => p.Identity.Slug == "own");
    }

    [Fact]
    public async Task IdleTime_HasNoGap_AndIsNotWanted()
    {
        for (var i = 0; i < 5; i++)
        {
            _box.Clock.Advance(Duration.FromMinutes(7));
            await _box.JsonAsync("GET", "/api/v1/cameras/yard/coverage?from=2026-11-20T00:00:00Z");
        }

        Assert.Equal(0, (await _box.JsonAsync("GET", "/api/v1/cameras/yard/gaps")).GetArrayLength());
        var coverage = await _box.JsonAsync("GET", "/api/v1/cameras/yard/coverage");
        Assert.Equal((0, 0, "idle"), (coverage.GetProperty("wanted_seconds").GetDouble(), coverage.GetProperty("missing_seconds").GetDouble(), coverage.GetProperty("state").GetString()));
    }

    [Theory]
    [InlineData("PATCH", "cameras/own", "{\"record_mode\":\"sometimes\"}", "record_mode must be one of")]
    [InlineData("PATCH", "cameras/own", "{\"pre_roll_seconds\":61}", "pre_roll_seconds must be 0 to 60")]
    [InlineData("PATCH", "cameras/own", "{\"post_roll_seconds\":-1}", "post_roll_seconds must be 0 to 3600")]
    [InlineData("POST", "cameras/own/schedules", "{\"days\":[],\"time_start\":\"08:00\",\"time_end\":\"09:00\"}", "days must list")]
    [InlineData("POST", "cameras/own/schedules", "{\"days\":[7],\"time_start\":\"08:00\",\"time_end\":\"09:00\"}", "days must list")]
    [InlineData("POST", "cameras/own/schedules", "{\"days\":[1],\"time_start\":\"08:00\",\"time_end\":\"08:00\"}", "a window has a length")]
    [InlineData("POST", "cameras/own/schedules", "{\"days\":[1],\"time_start\":\"8\",\"time_end\":\"25:00\"}", "times are HH:MM")]
    [InlineData("POST", "cameras/own/schedules", "{\"days\":[1],\"time_start\":\"08:00\",\"time_end\":\"09:00\",\"time_zone\":\"Mars/Olympus\"}", "not an IANA time zone")]
    [InlineData("POST", "cameras/own/schedules", "{\"days\":[1],\"time_start\":\"08:00\",\"time_end\":\"09:00\",\"time_zone\":\"Asia/Tokyo\"}", "Europe/Berlin")]
    [InlineData("POST", "schedule-exceptions", "{\"from_date\":\"2026-02-30\"}", "dates such as")]
    [InlineData("POST", "schedule-exceptions", "{\"from_date\":\"2026-12-24\",\"to_date\":\"2026-12-23\"}", "before from_date")]
    [InlineData("POST", "schedule-exceptions", "{\"from_date\":\"2026-12-24\",\"to_date\":\"2099-12-23\"}", "at most")]
    [InlineData("POST", "schedule-exceptions", "{\"from_date\":\"2026-12-24\",\"windows\":[{\"time_start\":\"9\"}]}", "windows[0]")]
    [InlineData("POST", "cameras/own/record-trigger", "{\"post_roll_seconds\":3601}", "1 to 3600")]
    public async Task BadWish_IsRefusedClearly(string method, string path, string body, string problem)
    {
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "own", url = "rtsp://10.0.0.9/" }, 201);
        var (status, text) = await _box.SendAsync(method, "/api/v1/" + path, body);
        Assert.Equal(400, status);
        Assert.Contains(problem, text, StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync()
    {
        _box = await BoxFixture.StartAsync(Yaml);
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Streaming, Since = _box.Clock.Now - Duration.FromMinutes(1) };
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private static JsonElement Optional(JsonElement element, string name) => element.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : default;

    private FakePipeline Pipeline(string id) => _box.Pipelines.Running.Single(p => p.Identity.Slug == id);

    private bool Wanted(string id) => Pipeline(id).Wishes is { Count: > 0 } wishes && (wishes[^1].From || wishes[^1].At > _box.Clock.Now);

    private Task<JsonElement> CameraAsync(string id) => _box.JsonAsync("GET", $"/api/v1/cameras/{id}");

    private Task<JsonElement> TriggerAsync(string id, object body) => _box.JsonAsync("POST", $"/api/v1/cameras/{id}/record-trigger", body);
}
