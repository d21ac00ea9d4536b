using System.Text.Json;
using Heldar.Edge.Access;
using Heldar.Edge.Audit;
using Heldar.Edge.Retention;
using Heldar.Edge.Tests.Api;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Heldar.Edge.Tests.RuntimeSettings;

public sealed class SettingsApiTests : IAsyncLifetime
{
    private const string Yaml = "retention: { hours: 48, maxBytes: 1TB }\n";
    private BoxFixture _box = null!;

    private RetentionPolicy Policy => _box.App.Services.GetRequiredService<RetentionPolicies>().Current;

    [Fact]
    public async Task Get_ShowsWhatTheFileSays()
    {
        var retention = (await _box.JsonAsync("GET", "/api/v1/settings")).GetProperty("retention");

        Assert.Equal(48, retention.GetProperty("values").GetProperty("hours").GetInt32());
        Assert.Equal(JsonValueKind.Null, retention.GetProperty("values").GetProperty("quota_bytes").ValueKind);
        Assert.Equal("{}", retention.GetProperty("changed").GetRawText());
    }

    [Fact]
    public async Task Put_HoldsAtOnce_IsAudited_AndSurvivesARestart()
    {
        var answer = await _box.JsonAsync("PUT", "/api/v1/settings", new { retention = new { hours = 720, quota_bytes = 5_000_000 } });

        Assert.Equal(720, answer.GetProperty("settings").GetProperty("retention").GetProperty("values").GetProperty("hours").GetInt32());
        Assert.Equal((720.0, 5_000_000L, 1_000_000_000_000L), (Policy.Age!.Value.TotalHours, Policy.QuotaBytes!.Value, Policy.MaxBytes!.Value));
        var entry = (await _box.App.Services.GetRequiredService<AuditLog>().PageAsync(null, null, 10, CancellationToken.None)).Single(e => e.Action == "settings.changed");
        Assert.Equal(("retention", "key:test"), (entry.Target, entry.Actor));
        Assert.Contains("\"from\":\"127.0.0.1\"", entry.Detail, StringComparison.Ordinal);
        Assert.Contains("720", entry.Detail, StringComparison.Ordinal);

        await _box.RestartAsync(Yaml);

        Assert.Equal(720.0, Policy.Age!.Value.TotalHours);
    }

    [Fact]
    public async Task Null_TakesAChangeBackToTheFile()
    {
        await _box.JsonAsync("PUT", "/api/v1/settings", new { retention = new { hours = 720 } });
        await _box.JsonAsync("PUT", "/api/v1/settings", """{"retention":{"hours":null}}""");

        Assert.Equal(48.0, Policy.Age!.Value.TotalHours);
    }

    [Fact]
    public async Task Put_SaysEveryMistakeAtOnce_AndChangesNothing()
    {
        var (status, text) = await _box.SendAsync("PUT", "/api/v1/settings", """
            {"retention":{"hours":0,"quota_bytes":-1,"min_free_bytes":9000000000000000000},"log":{"level":"loud"},"weather":{},"retentio":1}
            """);

        Assert.Equal(400, status);
        foreach (var mistake in new[] { "retention.hours must be 1 to", "retention.quota_bytes must be", "retention.min_free_bytes is not below", "log.level is of another kind than one of trace", "weather is not a group", "retentio is not a group" })
            Assert.Contains(mistake, text, StringComparison.Ordinal);
        Assert.Equal(48.0, Policy.Age!.Value.TotalHours);
    }

    [Theory]
    [InlineData("""{"retention":{"hourz":1}}""", "retention.hourz is not a setting")]
    [InlineData("""{"retention":{"hours":"1"}}""", "retention.hours is of another kind than a whole number")]
    [InlineData("""{"retention":{"hours":1.5}}""", "retention.hours is of another kind")]
    [InlineData("""{"retention":{"hours":99999999999999999999}}""", "retention.hours is of another kind")]
    [InlineData("""{"retention":[1]}""", "retention must be an object")]
    [InlineData("""{"retention":{"quota_bytes":2000000000000}}""", "retention.quota_bytes is more than max_bytes")]
    [InlineData("""{"log":{"level":"none"}}""", "log.level must be error or lower")]
    [InlineData("[]", "the body")]
    [InlineData("{", "the body")]
    public async Task Put_RefusesHostileInput(string body, string mistake)
    {
        var (status, text) = await _box.SendAsync("PUT", "/api/v1/settings", body);

        Assert.Equal(400, status);
        Assert.Contains(mistake, text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task KernelPath_ChangesTheSameGroup()
    {
        await _box.JsonAsync("PUT", "/api/v1/system/retention", new { recording_max_bytes = 7_000_000, recording_min_free_bytes = 1000 });

        Assert.Equal((7_000_000L, 1000L), (Policy.MaxBytes!.Value, Policy.MinFreeBytes!.Value));
        Assert.Equal(7_000_000, (await _box.JsonAsync("GET", "/api/v1/system/retention")).GetProperty("recording_max_bytes").GetInt64());
    }

    [Fact]
    public async Task LogLevel_MovesAtOnce()
    {
        var log = _box.App.Services.GetRequiredService<Heldar.Edge.Telemetry.LogLevels>();
        Assert.False(log.Allows(LogLevel.Debug));

        await _box.JsonAsync("PUT", "/api/v1/settings", new { log = new { level = "debug" } });

        Assert.True(log.Allows(LogLevel.Debug));
    }

    [Fact]
    public async Task Put_NeedsAnAdmin()
    {
        var (status, _) = await _box.SendAsync("PUT", "/api/v1/settings", new { log = new { level = "debug" } }, _box.Key(BoxRole.Viewer));

        Assert.Equal(403, status);
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync(Yaml);

    public ValueTask DisposeAsync() => _box.DisposeAsync();
}
