using System.Text.Json;
using Heldar.Edge.Indexer;
using Heldar.Edge.Recorder;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Ingest;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Jobs;

/// <summary>Jobs of a whole box, with a clock that tests move. The site is in Berlin; it is Saturday, 05:37.</summary>
public sealed class JobsApiTests : IAsyncLifetime
{
    private const string Yaml = "cameras: [{ id: yard, url: 'rtsp://10.0.0.3/', mode: event }]";
    private BoxFixture _box = null!;

    [Fact]
    public async Task Job_RecordsItsTime_AndCompletes()
    {
        var begin = _box.Clock.Now + Duration.FromMinutes(10);
        var job = await AddAsync(new { name = "delivery", start_time = begin.ToString(), duration_seconds = 60 });
        Assert.Equal("pending", job.GetProperty("state").GetString());
        Assert.Empty(Pipeline.Wishes);

        _box.Clock.Now = begin;
        await StateAsync(job, "starting");
        Assert.Equal([(true, begin), (false, begin + Duration.FromMinutes(1))], Pipeline.Wishes);
        Record(begin, begin + Duration.FromSeconds(5));
        await StateAsync(job, "recording");

        _box.Clock.Now = begin + Duration.FromSeconds(61);
        await StateAsync(job, "stopping");
        Record(begin, begin + Duration.FromSeconds(62));
        await StateAsync(job, "completed");
        Assert.Equal(0, (await _box.JsonAsync("GET", "/api/v1/cameras/yard/gaps")).GetArrayLength());
    }

    [Fact]
    public async Task JobThatLostMostOfItsTime_IsToldAsAPart_AlsoAfterARestart()
    {
        var begin = _box.Clock.Now;
        var job = await AddAsync(new { duration_seconds = 60 });
        var longer = await AddAsync(new { duration_seconds = 120 });
        await StateAsync(longer, "starting");
        Record(begin, begin + Duration.FromSeconds(5));
        await StateAsync(job, "recording");
        await StateAsync(longer, "recording");

        // The camera goes away: what it sent is closed, and nothing follows.
        Pipeline.Recorder = RecorderProgress.Empty;
        await ClosedAsync(begin, begin + Duration.FromSeconds(5));
        _box.Clock.Now = begin + Duration.FromSeconds(61);
        await StateAsync(job, "stopping");
        _box.Clock.Now = begin + Duration.FromSeconds(81);
        Assert.Equal(
            $"recorded 5 of 60 s, until {begin + Duration.FromSeconds(5)}: the stream arrives, but nothing reaches the disk", (await StateAsync(job, "completed")).GetProperty("detail").GetString());

        await _box.RestartAsync(Yaml, Duration.FromMinutes(10));
        Assert.Equal($"recorded 5 of 120 s, until {begin + Duration.FromSeconds(5)}: the box went down", (await StateAsync(longer, "completed")).GetProperty("detail").GetString());
    }

    [Fact]
    public async Task CancelledJob_StopsAtOnce_AndOnlyOnce()
    {
        var job = await AddAsync(new { duration_seconds = 600 });
        await StateAsync(job, "starting");
        await _box.JsonAsync("DELETE", Path(job), status: 204);
        await StateAsync(job, "cancelled");
        Assert.Equal((false, _box.Clock.Now), Pipeline.Wishes[^1]);
        Assert.Equal(409, (await _box.SendAsync("DELETE", Path(job))).Status);
    }

    [Fact]
    public async Task WhatACrashLeavesInTheMiddle_IsBroughtOn()
    {
        var running = await AddAsync(new { duration_seconds = 3600 });
        var passed = await AddAsync(new { start_time = (_box.Clock.Now + Duration.FromMinutes(1)).ToString(), duration_seconds = 60 });
        await StateAsync(running, "starting");
        Record(_box.Clock.Now, _box.Clock.Now + Duration.FromSeconds(5));
        await StateAsync(running, "recording");

        await _box.RestartAsync(Yaml, Duration.FromMinutes(10));
        await StateAsync(running, "starting");
        Assert.Equal("missed", (await _box.JsonAsync("GET", Path(passed))).GetProperty("state").GetString());
        Assert.True(Pipeline.Wishes[0].From);

        await _box.RestartAsync(Yaml, Duration.FromMinutes(60));
        Assert.Equal("missed", (await _box.JsonAsync("GET", Path(running))).GetProperty("state").GetString());
        Assert.Empty(Pipeline.Wishes);
    }

    [Fact]
    public async Task MissedJob_IsAGapThatTheStoppedBoxExplains()
    {
        var begin = _box.Clock.Now + Duration.FromMinutes(10);
        await AddAsync(new { start_time = begin.ToString(), duration_seconds = 120 });
        await _box.JsonAsync("GET", "/api/v1/cameras/yard/gaps");
        await MarkedAsync();
        await _box.RestartAsync(Yaml, Duration.FromMinutes(30));

        var gap = await UntilAsync(async () => (await _box.JsonAsync("GET", "/api/v1/cameras/yard/gaps")).EnumerateArray().FirstOrDefault(), g => g.ValueKind == JsonValueKind.Object);
        Assert.Equal(("process_down", 120.0, begin.ToString()), (gap.GetProperty("cause").GetString(), gap.GetProperty("gap_seconds").GetDouble(), gap.GetProperty("gap_start").GetString()));
        var coverage = await _box.JsonAsync("GET", "/api/v1/cameras/yard/coverage");
        Assert.Equal((120.0, 0.0), (coverage.GetProperty("wanted_seconds").GetDouble(), coverage.GetProperty("unexplained_seconds").GetDouble()));
    }

    [Fact]
    public async Task StartWithAClockThatIsAhead_MissesNothing_AndRecordsWhenTheTimeComes()
    {
        var begin = _box.Clock.Now + Duration.FromMinutes(10);
        var job = await AddAsync(new { start_time = begin.ToString(), duration_seconds = 60 });
        await _box.JsonAsync("POST", "/api/v1/cameras/yard/recording-series", new { days = new[] { 0, 1, 2, 3, 4, 5, 6 }, time_start = "06:00", time_end = "06:10" }, 201);
        var first = (await JobsAsync())[0];
        var rightly = _box.Clock.Now;

        // The clock's battery is empty, and there is no time source yet.
        (_box.Machine.Synchronised, _box.Machine.Boot) = (false, "second");
        await _box.RestartAsync(Yaml, Duration.FromDays(3650));
        var ahead = await UntilAsync(() => _box.JsonAsync("GET", "/api/v1/cameras/yard/recording-jobs?from=2036-01-01T00:00:00Z&to=2037-01-01T00:00:00Z"), j => j.GetArrayLength() > 0);
        Assert.Equal(1, ahead.GetArrayLength());
        Assert.Equal(["pending", "pending"], (await JobsAsync()).EnumerateArray().Select(j => j.GetProperty("state").GetString()));

        (_box.Clock.Now, _box.Machine.Synchronised) = (rightly, true);
        await StateAsync(ahead[0], "cancelled");
        _box.Clock.Now = begin;
        await StateAsync(job, "starting");
        _box.Clock.Now = Instant.FromUtc(2026, 11, 21, 5, 0);
        await StateAsync(first, "starting");
        Assert.Equal(1, (await JobsAsync()).EnumerateArray().Count(j => j.GetProperty("state").GetString() == "pending"));
    }

    [Fact]
    public async Task Series_MakesOneOccurrenceAtATime_ByTheWallClock()
    {
        var series = await _box.JsonAsync("POST", "/api/v1/cameras/yard/recording-series", new { days = new[] { 5, 6 }, time_start = "06:00", time_end = "06:10" }, 201);
        var first = Assert.Single((await JobsAsync()).EnumerateArray().ToList());
        Assert.Equal(("2026-11-21T05:00:00Z", "pending"), (first.GetProperty("start_time").GetString(), first.GetProperty("state").GetString()));

        _box.Clock.Now = Instant.FromUtc(2026, 11, 21, 5, 0);
        await StateAsync(first, "starting");
        await UntilAsync(JobsAsync, jobs => jobs.GetArrayLength() == 2);

        // A week without the box: Saturday's goes down with it, Sunday's is missed, the next is planned.
        await _box.RestartAsync(Yaml, Duration.FromDays(4));
        var states = (await JobsAsync()).EnumerateArray().Select(j => (j.GetProperty("start_time").GetString(), j.GetProperty("state").GetString()));
        Assert.Equal([("2026-11-28T05:00:00Z", "pending"), ("2026-11-22T05:00:00Z", "missed"), ("2026-11-21T05:00:00Z", "missed")], states);

        await _box.JsonAsync("DELETE", $"/api/v1/recording-series/{series.GetProperty("id").GetString()}", status: 204);
        Assert.Equal("cancelled", (await JobsAsync())[0].GetProperty("state").GetString());
        Assert.Equal(0, (await _box.JsonAsync("GET", "/api/v1/cameras/yard/recording-series")).GetArrayLength());
    }

    [Theory]
    [InlineData("recording-jobs", "{}", "either end_time or duration_seconds")]
    [InlineData("recording-jobs", "{\"duration_seconds\":0}", "duration_seconds must be 1")]
    [InlineData("recording-jobs", "{\"duration_seconds\":99999999}", "duration_seconds must be 1")]
    [InlineData("recording-jobs", "{\"end_time\":\"2026-11-21T04:00:00Z\"}", "over already")]
    [InlineData("recording-jobs", "{\"start_time\":\"2026-11-22T05:00:00Z\",\"end_time\":\"2026-11-22T05:00:00Z\"}", "after start_time")]
    [InlineData("recording-jobs", "{\"start_time\":\"tomorrow\",\"duration_seconds\":5}", "start_time must be a time")]
    [InlineData("recording-jobs", "{\"end_time\":\"2027-11-22T05:00:00Z\"}", "at most 31 days")]
    [InlineData("recording-series", "{\"days\":[0],\"time_start\":\"06:00\",\"time_end\":\"06:00\"}", "a window has a length")]
    [InlineData("recording-series", "{\"days\":[],\"time_start\":\"06:00\",\"time_end\":\"07:00\"}", "days must list")]
    [InlineData("recording-series", "{\"days\":[0],\"time_start\":\"06:00\",\"time_end\":\"07:00\",\"first_date\":\"2026-12-01\",\"last_date\":\"2026-12-03\"}", "would never record")]
    public async Task ImpossibleJob_IsRefusedClearly(string route, string body, string problem)
    {
        var (status, text) = await _box.SendAsync("POST", "/api/v1/cameras/yard/" + route, body);
        Assert.Equal(400, status);
        Assert.Contains(problem, text, StringComparison.Ordinal);
    }

    public async ValueTask InitializeAsync()
    {
        _box = await BoxFixture.StartAsync(Yaml);
        _box.Pipelines.Status = () => new StreamStatus { State = StreamState.Streaming, Since = _box.Clock.Now - Duration.FromMinutes(1) };
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private static string Path(JsonElement job) => $"/api/v1/recording-jobs/{job.GetProperty("id").GetString()}";

    private FakePipeline Pipeline => _box.Pipelines.Running.Single();

    private void Record(Instant since, Instant through) => Pipeline.Recorder = new RecorderProgress { RecordedSince = since, RecordedThrough = through, MediaEnd = through };

    /// <summary>Footage that the index has.</summary>
    private Task ClosedAsync(Instant from, Instant to) => _box.App.Services.GetRequiredService<IStoreWriter>().EnqueueAsync(
        db => SpanRows.Add(db, _box.Cameras.Find("yard")!.Uid.ToString("D"), SegmentIndex.Ns(from), SegmentIndex.Ns(to)), TestContext.Current.CancellationToken);

    private Task<JsonElement> AddAsync(object job) => _box.JsonAsync("POST", "/api/v1/cameras/yard/recording-jobs", job, 201);

    private Task<JsonElement> JobsAsync() => _box.JsonAsync("GET", "/api/v1/cameras/yard/recording-jobs?from=2026-11-20T00:00:00Z&to=2026-12-20T00:00:00Z");

    private Task<JsonElement> StateAsync(JsonElement job, string state) => UntilAsync(() => _box.JsonAsync("GET", Path(job)), j => j.GetProperty("state").GetString() == state);

    /// <summary>Waits until the box has noted that it looked at the camera.</summary>
    private Task<long> MarkedAsync() => UntilAsync(
        () => _box.App.Services.GetRequiredService<IStoreReader>().ReadAsync(db => Dapper.SqlMapper.QueryFirst<long>(db, "SELECT count(*) FROM recorded_mark"), TestContext.Current.CancellationToken), n => n > 0);

    private static async Task<T> UntilAsync<T>(Func<Task<T>> look, Func<T, bool> wanted)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        T seen = default!;
        for (var i = 0; i < 750 && await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken); i++)
        {
            seen = await look();
            if (wanted(seen)) return seen;
        }

        throw new TimeoutException($"it did not come to that; last seen: {seen}");
    }
}
