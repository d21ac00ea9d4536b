using System.Text.Json;
using Heldar.Edge.Tests.Api;
using NodaTime;

namespace Heldar.Edge.Tests.Desired;

/// <summary>A whole box whose database goes: cameras, schedules, jobs and settings of the API are there again, or the box says why not.</summary>
public sealed class LostDatabaseKeepsWhatPeopleWant : IAsyncLifetime
{
    private const string Yaml = "cameras:\n  - { id: gate, url: 'rtsp://10.0.0.1/', username: u, password: hunter2hunter2 }\n";
    private static readonly string[] Lists = ["/api/v1/cameras/yard/schedules", "/api/v1/schedule-exceptions", "/api/v1/cameras/yard/recording-jobs", "/api/v1/cameras/gate/recording-series"];
    private BoxFixture _box = null!;

    [Fact]
    public async Task EverythingWanted_ComesBack()
    {
        await WantAsync();
        var before = await AllAsync();
        var cameras = await CamerasAsync();

        await _box.RestartAsync(Yaml, whileDown: LoseDatabase);

        Assert.Equal(before, await AllAsync());
        Assert.Equal(cameras, await CamerasAsync());
        Assert.Equal(48, (await _box.JsonAsync("GET", "/api/v1/settings")).GetProperty("retention").GetProperty("values").GetProperty("hours").GetInt32());
        Assert.Equal("scheduled", (await _box.JsonAsync("GET", "/api/v1/cameras/yard")).GetProperty("record_mode").GetString());
        Assert.Contains("the database was lost; as of 2026-11-21", await WarningsAsync(), StringComparison.Ordinal);
        Assert.Contains("2 cameras, 1 schedules, 1 exceptions, 1 series of jobs, 2 jobs, 1 groups of settings", await WarningsAsync(), StringComparison.Ordinal);

        // Again, and a start with the database there says nothing.
        await _box.RestartAsync(Yaml, whileDown: LoseDatabase);
        Assert.Equal(before, await AllAsync());
        await _box.RestartAsync(Yaml);
        Assert.Equal(before, await AllAsync());
        Assert.DoesNotContain("desired", await WarningsAsync(), StringComparison.Ordinal);
        Assert.DoesNotContain("database", await WarningsAsync(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WhatWasRemoved_StaysRemoved()
    {
        await WantAsync();
        var id = (await _box.JsonAsync("GET", Lists[0]))[0].GetProperty("id").GetString();
        await _box.JsonAsync("DELETE", $"/api/v1/schedules/{id}", status: 204);

        await _box.RestartAsync(Yaml, whileDown: LoseDatabase);

        Assert.Equal(0, (await _box.JsonAsync("GET", Lists[0])).GetArrayLength());
    }

    [Fact]
    public async Task TornFile_IsKeptAside_AndTheBoxRunsByItsYaml()
    {
        await WantAsync();
        byte[] torn = [];

        await _box.RestartAsync(Yaml, whileDown: data =>
        {
            LoseDatabase(data);
            torn = File.ReadAllBytes(Path.Combine(data, "desired.json"))[..^100];
            File.WriteAllBytes(Path.Combine(data, "desired.json"), torn);
        });

        Assert.Equal("gate", (await _box.JsonAsync("GET", "/api/v1/cameras")).EnumerateArray().Single().GetProperty("id").GetString());
        Assert.Contains("desired.json cannot be read: it is cut off; it is kept as desired.json.refused", await WarningsAsync(), StringComparison.Ordinal);
        Assert.Equal(torn, await File.ReadAllBytesAsync(Path.Combine(_box.Folder, "data", "desired.json.refused")));
    }

    [Fact]
    public async Task File_IsPrivate_AndTellsNoSecret()
    {
        await WantAsync();
        await _box.RestartAsync(Yaml);

        var path = Path.Combine(_box.Folder, "data", "desired.json");
        var text = await File.ReadAllTextAsync(path);
        Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
        Assert.DoesNotContain("10.0.0.1", text, StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync(Yaml);

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private static void LoseDatabase(string data)
    {
        foreach (var file in Directory.GetFiles(data, "box.db*")) File.Delete(file);
    }

    private async Task WantAsync()
    {
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "yard", url = "rtsp://10.0.0.2/", record_mode = "scheduled" }, 201);
        await _box.JsonAsync("POST", Lists[0], new { days = new[] { 5, 6 }, time_start = "22:00", time_end = "06:00", name = "nights" }, 201);
        await _box.JsonAsync("POST", Lists[1], new { from_date = "2026-12-24", to_date = "2026-12-26", windows = new[] { new { time_start = "08:00", time_end = "09:00" } } }, 201);
        var now = _box.Clock.Now;
        await _box.JsonAsync("POST", Lists[2], new { start_time = (now + Duration.FromHours(2)).ToString(), end_time = (now + Duration.FromHours(3)).ToString(), name = "delivery" }, 201);
        await _box.JsonAsync("POST", Lists[3], new { days = new[] { 0 }, time_start = "06:00", time_end = "06:10" }, 201);
        await _box.JsonAsync("PUT", "/api/v1/settings", new { retention = new { hours = 48 } });
    }

    private async Task<string> AllAsync()
    {
        var all = new List<string>();
        foreach (var list in Lists) all.Add((await _box.JsonAsync("GET", list)).GetRawText());
        return string.Join('\n', all);
    }

    private async Task<IReadOnlyList<string>> CamerasAsync() =>
        [.. (await _box.JsonAsync("GET", "/api/v1/cameras")).EnumerateArray().Select(c => $"{c.GetProperty("id").GetString()} {c.GetProperty("uid").GetString()}")];

    private async Task<string> WarningsAsync()
    {
        var (_, text) = await _box.SendAsync("GET", "/health");
        return JsonDocument.Parse(text).RootElement.GetProperty("warnings").GetRawText();
    }
}
