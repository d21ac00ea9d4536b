using System.Text.Json;
using Heldar.Edge.Access;
using Heldar.Edge.Tests.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Heldar.Edge.Tests.Access;

/// <summary>Every route that may change something is written down: who, what, from where.</summary>
public sealed class AuditCensusTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";

    /// <summary>Routes that the middleware leaves alone, and what they write themselves; null for one that changes nothing.</summary>
    private static readonly Dictionary<string, string?> Own = new(StringComparer.Ordinal)
    {
        ["POST /api/v1/auth/setup"] = "user.added",
        ["POST /api/v1/auth/login"] = "user.signed_in",
        ["POST /api/v1/auth/logout"] = "user.signed_out",
        ["POST /api/v1/auth/password"] = "user.changed",
        ["POST /api/v1/auth/totp/confirm"] = "user.second_factor_on",
        ["DELETE /api/v1/auth/totp"] = "user.second_factor_off",
        ["POST /api/v1/users"] = "user.added",
        ["PATCH /api/v1/users/{id:guid}"] = "user.changed",
        ["DELETE /api/v1/users/{id:guid}"] = "user.removed",
        ["POST /api/v1/users/{id:guid}/unlock"] = "user.unlocked",
        ["DELETE /api/v1/users/{id:guid}/totp"] = "user.second_factor_off",
        ["POST /api/v1/api-keys"] = "key.added",
        ["PATCH /api/v1/api-keys/{id:guid}"] = "key.changed",
        ["DELETE /api/v1/api-keys/{id:guid}"] = "key.revoked",
        ["POST /api/v1/cameras/{id}/test"] = null,
        ["POST /api/v1/cameras"] = "camera.added",
        ["PATCH /api/v1/cameras/{id}"] = "camera.changed",
        ["DELETE /api/v1/cameras/{id}"] = "camera.removed",
        ["POST /api/v1/holds"] = "hold.placed",
        ["DELETE /api/v1/holds/{id}"] = "hold.released",
        ["POST /api/v1/segments/{id}/evidence-lock"] = "hold.placed",
        ["DELETE /api/v1/segments/{id}/evidence-lock"] = "hold.released",
        ["PATCH /api/v1/segments/{id}/incident"] = "hold.placed",
        ["POST /api/v1/cameras/{id}/schedules"] = "schedule.added",
        ["PATCH /api/v1/schedules/{id}"] = "schedule.changed",
        ["DELETE /api/v1/schedules/{id}"] = "schedule.removed",
        ["POST /api/v1/schedule-exceptions"] = "schedule_exception.added",
        ["DELETE /api/v1/schedule-exceptions/{id}"] = "schedule_exception.removed",
        ["POST /api/v1/cameras/{id}/recording-jobs"] = "recording_job.added",
        ["DELETE /api/v1/recording-jobs/{id}"] = "recording_job.cancelled",
        ["POST /api/v1/cameras/{id}/recording-series"] = "recording_series.added",
        ["DELETE /api/v1/recording-series/{id}"] = "recording_series.removed",
        ["POST /api/v1/segments/{id}/restore"] = "segment.restored",
        ["POST /api/v1/cameras/{id}/restore"] = "segment.restored",
    };

    private BoxFixture _box = null!;

    [Fact]
    public void EveryRouteThatChanges_IsWrittenDown_OrListedWithWhatItWrites()
    {
        var routes = _box.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>().ToList();
        Assert.True(routes.Count(Changes) >= 30, $"only {routes.Count(Changes)} routes that change something");
        Assert.Empty(Unwritten(routes));
        Assert.Equal(
            Own.Keys.Order(StringComparer.Ordinal),
            routes.Where(r => r.Metadata.GetMetadata<AuditsItself>() is not null).SelectMany(Names).Where(n => !n.StartsWith("GET ", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Census_Bites()
    {
        Assert.Single(Unwritten([Route("POST", new AccessNeed(null))]));
        Assert.Single(Unwritten([Route("PUT", new AccessNeed(Capability.SystemManage), new AuditsItself())]));
        Assert.Empty(Unwritten([Route("PUT", new AccessNeed(Capability.SystemManage))]));
        Assert.Empty(Unwritten([Route("GET", new AccessNeed(null))]));
    }

    /// <summary>Each listed route is called, and what it wrote names the caller and his address.</summary>
    [Fact]
    public async Task ListedRoutes_WriteWhatTheySay()
    {
        var browser = new Browser(_box.Http);
        var code = _box.App.Services.GetRequiredService<SetupCodes>().Create();
        await WritesAsync("POST /api/v1/auth/setup", "setup", () => browser.SendAsync("POST", "/api/v1/auth/setup", new { code, name = "anna", password = Password }));
        await WritesAsync("POST /api/v1/auth/password", "user:anna", () => browser.SendAsync("POST", "/api/v1/auth/password", new { current_password = Password, new_password = "staple horse correct" }));
        await WritesAsync("POST /api/v1/auth/logout", "user:anna", () => browser.SendAsync("POST", "/api/v1/auth/logout"));
        await WritesAsync("POST /api/v1/auth/login", "user:anna", () => browser.LoginAsync("anna", "staple horse correct"));
        await SecondFactorAsync(browser);
        await WritesAsync("DELETE /api/v1/auth/totp", "user:anna", () => browser.SendAsync("DELETE", "/api/v1/auth/totp", new { password = "staple horse correct" }));

        var ben = "";
        await WritesAsync("POST /api/v1/users", "user:anna", async () =>
        {
            var answer = await browser.SendAsync("POST", "/api/v1/users", new { name = "ben", password = Password, role = "viewer" });
            ben = answer.Body.GetProperty("id").GetString()!;
            return answer;
        });
        await WritesAsync("PATCH /api/v1/users/{id:guid}", "user:anna", () => browser.SendAsync("PATCH", $"/api/v1/users/{ben}", new { role = "guard" }));
        await WritesAsync("POST /api/v1/users/{id:guid}/unlock", "user:anna", () => browser.SendAsync("POST", $"/api/v1/users/{ben}/unlock"));
        await WritesAsync("DELETE /api/v1/users/{id:guid}/totp", "user:anna", () => browser.SendAsync("DELETE", $"/api/v1/users/{ben}/totp"));
        await WritesAsync("DELETE /api/v1/users/{id:guid}", "user:anna", () => browser.SendAsync("DELETE", $"/api/v1/users/{ben}"));

        var key = "";
        await WritesAsync("POST /api/v1/api-keys", "user:anna", async () =>
        {
            var answer = await browser.SendAsync("POST", "/api/v1/api-keys", new { name = "door", role = "viewer" });
            key = answer.Body.GetProperty("id").GetString()!;
            return answer;
        });
        await WritesAsync("PATCH /api/v1/api-keys/{id:guid}", "user:anna", () => browser.SendAsync("PATCH", $"/api/v1/api-keys/{key}", new { name = "gate" }));
        await WritesAsync("DELETE /api/v1/api-keys/{id:guid}", "user:anna", () => browser.SendAsync("DELETE", $"/api/v1/api-keys/{key}"));
    }

    [Fact]
    public async Task CamerasAndHolds_AreWrittenDown_WithWhatChanged()
    {
        var (id, uid) = ("", "");
        await WritesAsync("POST /api/v1/cameras", "key:test", () => CallAsync("POST", "/api/v1/cameras", new { id = "gate", url = "rtsp://eve:hunter-two@127.0.0.1:1/a" }));
        await WritesAsync("PATCH /api/v1/cameras/{id}", "key:test", () => CallAsync("PATCH", "/api/v1/cameras/gate", new { password = "hunter-three", segment_seconds = 7 }));
        await WritesAsync("POST /api/v1/holds", "key:test", async () =>
        {
            var answer = await CallAsync("POST", "/api/v1/holds", new { camera_id = "gate", from = "2026-11-21T04:00:00Z", to = "2026-11-21T05:00:00Z", reason = "theft" });
            (id, uid) = (answer.Body.GetProperty("id").GetString()!, answer.Body.GetProperty("camera_uid").GetString()!);
            return answer;
        });
        // Held footage of a camera that is gone would not be found.
        Assert.Equal(409, (await CallAsync("DELETE", "/api/v1/cameras/gate")).Status);
        await WritesAsync("DELETE /api/v1/holds/{id}", "key:test", () => CallAsync("DELETE", $"/api/v1/holds/{id}"));
        await WritesAsync("DELETE /api/v1/cameras/{id}", "key:test", () => CallAsync("DELETE", "/api/v1/cameras/gate"));

        var entries = await EntriesAsync();
        var changed = entries.Single(e => e.GetProperty("action").GetString() == "camera.changed").GetProperty("detail").GetProperty("changed").EnumerateArray()
            .Select(c => (c.GetProperty("field").GetString(), Text(c, "was"), Text(c, "now")));
        Assert.Equal([("password", null, null), ("segment_seconds", null, "7")], changed);
        Assert.Equal(id, entries.Single(e => e.GetProperty("action").GetString() == "hold.placed").GetProperty("target").GetString());
        Assert.Equal(5, entries.Count(e => Text(e, "camera_uid") == uid));
        Assert.DoesNotContain("hunter", string.Concat(entries.Select(e => e.GetRawText())), StringComparison.Ordinal);

        static string? Text(JsonElement change, string name) => change.TryGetProperty(name, out var text) ? text.GetString() : null;
    }

    [Fact]
    public async Task SchedulesAndJobs_AreWrittenDown()
    {
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "gate", url = "rtsp://127.0.0.1:1/a" }, 201);
        var week = new { days = new[] { 0 }, time_start = "08:00", time_end = "09:00" };
        var schedule = await AddedAsync("POST /api/v1/cameras/{id}/schedules", "/api/v1/cameras/gate/schedules", week);
        await WritesAsync("PATCH /api/v1/schedules/{id}", "key:test", () => CallAsync("PATCH", $"/api/v1/schedules/{schedule}", new { time_start = "07:00" }));
        await WritesAsync("DELETE /api/v1/schedules/{id}", "key:test", () => CallAsync("DELETE", $"/api/v1/schedules/{schedule}"));
        var exception = await AddedAsync("POST /api/v1/schedule-exceptions", "/api/v1/schedule-exceptions", new { from_date = "2026-12-24", to_date = "2026-12-26" });
        await WritesAsync("DELETE /api/v1/schedule-exceptions/{id}", "key:test", () => CallAsync("DELETE", $"/api/v1/schedule-exceptions/{exception}"));
        var job = await AddedAsync("POST /api/v1/cameras/{id}/recording-jobs", "/api/v1/cameras/gate/recording-jobs", new { duration_seconds = 600 });
        await WritesAsync("DELETE /api/v1/recording-jobs/{id}", "key:test", () => CallAsync("DELETE", $"/api/v1/recording-jobs/{job}"));
        var series = await AddedAsync("POST /api/v1/cameras/{id}/recording-series", "/api/v1/cameras/gate/recording-series", week);
        await WritesAsync("DELETE /api/v1/recording-series/{id}", "key:test", () => CallAsync("DELETE", $"/api/v1/recording-series/{series}"));

        var changed = (await EntriesAsync()).Single(e => e.GetProperty("action").GetString() == "schedule.changed").GetProperty("detail");
        Assert.Equal(("08:00", "07:00"), (changed.GetProperty("was").GetProperty("timeStart").GetString(), changed.GetProperty("now").GetProperty("timeStart").GetString()));

        async Task<string> AddedAsync(string route, string path, object body)
        {
            var id = "";
            await WritesAsync(route, "key:test", async () =>
            {
                var answer = await CallAsync("POST", path, body);
                id = answer.Body.GetProperty("id").GetString()!;
                return answer;
            });
            return id;
        }
    }

    [Fact]
    public async Task OtherRoutes_AreWrittenDown_WithCallerRouteAndAddress()
    {
        await _box.JsonAsync("POST", "/api/v1/cameras", new { id = "gate", url = "rtsp://127.0.0.1:1/a" }, 201);
        foreach (var (method, path, body) in new (string, string, object?)[]
        {
            ("POST", "/api/v1/cameras/gate/record-trigger", null),
            ("PUT", "/api/v1/settings", new { log = new { level = "debug" } }),
            ("POST", "/api/v1/system/retention/trust-clock", null),
            ("PUT", "/api/v1/system/db", new { max_db_gb = 2 }),
            ("POST", "/api/v1/system/db/convert", null),
        })
        {
            var (status, text) = await _box.SendAsync(method, path, body);
            Assert.True(status < 300, $"{method} {path} answered {status}: {text}");
            var entry = (await EntriesAsync()).First(e => e.GetProperty("action").GetString() == "api." + method.ToLowerInvariant());
            Assert.Equal(("key:test", path, "127.0.0.1"), (entry.GetProperty("actor").GetString(), entry.GetProperty("target").GetString(), From(entry)));
        }
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private async Task<(int Status, JsonElement Body)> CallAsync(string method, string path, object? body = null)
    {
        var (status, text) = await _box.SendAsync(method, path, body);
        return (status, text.Length == 0 ? default : JsonDocument.Parse(text).RootElement);
    }

    private static bool Changes(RouteEndpoint route) => Methods(route).Any(m => m is not ("GET" or "HEAD"));

    /// <summary>Of an open route nobody knows the caller before it has answered: it must write itself.</summary>
    private static IEnumerable<string> Unwritten(IEnumerable<RouteEndpoint> routes) => routes.Where(Changes)
        .Where(r => r.Metadata.GetMetadata<AuditsItself>() is null ? r.Metadata.GetMetadata<AccessNeed>()?.Capability is null : !Names(r).All(Own.ContainsKey))
        .SelectMany(Names);

    private static IEnumerable<string> Names(RouteEndpoint route) => Methods(route).Select(m => $"{m} {route.RoutePattern.RawText!.TrimEnd('/')}");

    private static IReadOnlyList<string> Methods(RouteEndpoint route) => route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"];

    private static RouteEndpoint Route(string method, params object[] metadata) =>
        new(_ => Task.CompletedTask, RoutePatternFactory.Parse("/thing"), 0, new EndpointMetadataCollection([.. metadata, new HttpMethodMetadata([method])]), "/thing");

    private static string? From(JsonElement entry) => entry.GetProperty("detail").TryGetProperty("from", out var from) ? from.GetString() : null;

    private async Task SecondFactorAsync(Browser browser)
    {
        var secret = (await browser.SendAsync("POST", "/api/v1/auth/totp", new { password = "staple horse correct" })).Body.GetProperty("secret").GetString()!;
        await WritesAsync("POST /api/v1/auth/totp/confirm", "user:anna", () => browser.SendAsync("POST", "/api/v1/auth/totp/confirm", new { code = Browser.CodeOf(secret, _box.Clock.GetCurrentInstant()) }));
    }

    private async Task WritesAsync(string route, string actor, Func<Task<(int Status, JsonElement Body)>> call)
    {
        var before = (await EntriesAsync()).Select(e => e.GetProperty("seq").GetInt64()).DefaultIfEmpty().Max();
        var (status, _) = await call();
        Assert.True(status < 300, $"{route} answered {status}");
        var written = (await EntriesAsync()).Where(e => e.GetProperty("seq").GetInt64() > before).ToList();
        Assert.Contains(written, e => (e.GetProperty("action").GetString(), e.GetProperty("actor").GetString(), From(e)) == (Own[route], actor, "127.0.0.1"));
    }

    private async Task<List<JsonElement>> EntriesAsync() => [.. (await _box.JsonAsync("GET", "/api/v1/audit")).GetProperty("entries").EnumerateArray()];
}
