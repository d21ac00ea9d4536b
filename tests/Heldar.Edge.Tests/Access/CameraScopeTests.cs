using System.Text.Json;
using Heldar.Edge.Access;
using Heldar.Edge.Playback;
using Heldar.Edge.Tests.Api;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Access;

/// <summary>Two cameras, footage and holds of both; people and keys that may know of the first only.</summary>
public sealed class CameraScopeTests : IAsyncLifetime
{
    private const string Hidden = "backyard";
    private const string Password = "correct horse battery";
    private static readonly Instant Start = Instant.FromUtc(2026, 11, 21, 4, 0);
    private BoxFixture _box = null!;
    private Guid _hiddenUid;
    private Guid _hiddenSegment;
    private string _hiddenHold = "";

    [Theory]
    [InlineData(CallerKind.ApiKey)]
    [InlineData(CallerKind.User)]
    public async Task Lists_LeaveOutOtherCameras_OnEveryRouteThatSaysSo(object kind)
    {
        var key = await CredentialAsync((CallerKind)kind);
        var lists = Routes().Where(r => r.Metadata.GetMetadata<ScopeNeed>()!.Rule is ScopeRule.Filters or ScopeRule.NoCameras && r.RoutePattern.Parameters.Count == 0 && Methods(r).Contains("GET")).ToList();
        Assert.Contains(lists, r => r.RoutePattern.RawText!.TrimEnd('/') == "/api/v1/cameras");
        Assert.Contains(lists, r => r.RoutePattern.RawText == "/api/v1/holds");

        foreach (var route in lists)
        {
            var (status, body) = await _box.SendAsync("GET", route.RoutePattern.RawText!, key: key);
            Assert.True(status is 200 or 503, $"{route.DisplayName} answered {status}: {body}");
            foreach (var trace in new[] { Hidden, $"{_hiddenUid:D}", $"{_hiddenSegment:D}", _hiddenHold })
                Assert.False(body.Contains(trace, StringComparison.OrdinalIgnoreCase), $"{route.DisplayName} tells of {trace}: {body}");
        }

        Assert.Equal(1, JsonDocument.Parse((await _box.SendAsync("GET", "/api/v1/system", key: key)).Body).RootElement.GetProperty("cameras").GetProperty("total").GetInt32());
        Assert.Contains("gate", (await _box.SendAsync("GET", "/api/v1/cameras", key: key)).Body, StringComparison.Ordinal);
        Assert.Contains(Hidden, (await _box.SendAsync("GET", "/api/v1/cameras")).Body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(CallerKind.ApiKey)]
    [InlineData(CallerKind.User)]
    public async Task EveryRouteOfOneCamera_AnswersAsIfAnotherDidNotExist(object kind)
    {
        var key = await CredentialAsync((CallerKind)kind);
        var routes = Routes().Where(r => r.Metadata.GetMetadata<ScopeNeed>()!.Rule == ScopeRule.InRoute).ToList();
        Assert.True(routes.Count >= 8);

        foreach (var route in routes)
        {
            var value = route.Metadata.GetMetadata<ScopeNeed>()!.RouteValue;
            foreach (var method in Methods(route))
            {
                var hidden = await _box.SendAsync(method, Fill(route, value, Hidden), method is "GET" or "DELETE" ? null : "{", key);
                var missing = await _box.SendAsync(method, Fill(route, value, "nowhere"), method is "GET" or "DELETE" ? null : "{", key);
                Assert.Equal(missing, hidden);
                Assert.True(hidden.Status is 404 or 403, $"{method} {route.RoutePattern.RawText} answered {hidden}");
                if (method == "GET") Assert.Equal(404, hidden.Status);
            }
        }
    }

    [Fact]
    public async Task FootageAndHolds_OfAnotherCamera_DoNotExist()
    {
        var key = Key(new ApiKeyWish("scoped", null) { Capabilities = CapabilityNames.Split(BoxRole.Manager.Capabilities() | Capability.EvidenceRelease), Cameras = ["gate"] });
        var none = Guid.CreateVersion7();

        foreach (var (method, path, body) in new (string, Func<Guid, string>, object?)[]
        {
            ("GET", id => $"/media/recordings/{id:D}.mp4", null),
            ("POST", id => $"/api/v1/segments/{id:D}/evidence-lock", null),
            ("DELETE", id => $"/api/v1/segments/{id:D}/evidence-lock", null),
            ("PATCH", id => $"/api/v1/segments/{id:D}/incident", new { incident_id = "4711" }),
        })
            Assert.Equal(await _box.SendAsync(method, path(none), body, key), await _box.SendAsync(method, path(_hiddenSegment), body, key));

        var missing = await _box.SendAsync("DELETE", $"/api/v1/holds/{none:D}", key: key);
        Assert.Equal(404, missing.Status);
        Assert.Equal(missing, await _box.SendAsync("DELETE", $"/api/v1/holds/{_hiddenHold}", key: key));
        Assert.Equal(await HoldAsync("nowhere", key), await HoldAsync(Hidden, key));
        Assert.Equal(201, (await HoldAsync("gate", key)).Status);
        Assert.Equal(404, (await _box.SendAsync("GET", "/api/v1/incidents/secret-case", key: key)).Status);
        Assert.Equal("[]", (await _box.SendAsync("GET", "/api/v1/incidents", key: key)).Body);
        Assert.Contains("secret-case", (await _box.SendAsync("GET", "/api/v1/incidents")).Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Hold_OfAHigherRank_CannotBeEnded_ByALowerOne()
    {
        var key = Key(new ApiKeyWish("releases", null) { Capabilities = ["evidence:release", "evidence:hold", "events:read"] });
        Assert.Equal(403, (await _box.SendAsync("DELETE", $"/api/v1/holds/{_hiddenHold}", key: key)).Status);

        var own = JsonDocument.Parse((await HoldAsync("gate", key)).Body).RootElement;
        Assert.Equal("releases", own.GetProperty("owner").GetString());
        Assert.Equal(204, (await _box.SendAsync("DELETE", $"/api/v1/holds/{own.GetProperty("id").GetString()}", key: key)).Status);
        Assert.Equal(204, (await _box.SendAsync("DELETE", $"/api/v1/holds/{_hiddenHold}")).Status);
    }

    [Theory]
    [InlineData("GET", "/api/v1/system/retention")]
    [InlineData("GET", "/health")]
    public async Task WholeBox_IsRefused(string method, string path) =>
        Assert.Equal(403, (await _box.SendAsync(method, path, key: Key(new ApiKeyWish("scoped", BoxRole.Viewer) { Cameras = ["gate"] }))).Status);

    [Fact]
    public async Task Scope_CountsAtOnce_WhenItChanges()
    {
        var (id, browser) = await SignedInAsync(["gate"]);
        Assert.Equal(404, (await browser.SendAsync("GET", $"/api/v1/cameras/{Hidden}")).Status);

        await _box.JsonAsync("PATCH", $"/api/v1/users/{id}", new { cameras = new[] { Hidden } });
        Assert.Equal((200, 404), ((await browser.SendAsync("GET", $"/api/v1/cameras/{Hidden}")).Status, (await browser.SendAsync("GET", "/api/v1/cameras/gate")).Status));

        await _box.JsonAsync("PATCH", $"/api/v1/users/{id}", """{"cameras":null}""");
        Assert.Equal(2, (await browser.SendAsync("GET", "/api/v1/cameras")).Body.GetArrayLength());
    }

    public async ValueTask InitializeAsync()
    {
        _box = await BoxFixture.StartAsync("cameras:\n  - { id: gate, name: Gate, url: 'rtsp://127.0.0.1:1/a' }\n  - { id: backyard, name: backyard, url: 'rtsp://127.0.0.1:1/b' }");
        _hiddenUid = _box.Cameras.Find(Hidden)!.Uid;
        _hiddenSegment = Guid.CreateVersion7();
        _box.Footage.Items.Add(new Footage(_hiddenSegment, _hiddenUid, Start, Start + Duration.FromMinutes(1), 10, "/nowhere") { Sha256 = "00" });
        var (status, body) = await HoldAsync(Hidden, _box.AdminKey, "secret-case");
        Assert.True(status == 201, body);
        _hiddenHold = JsonDocument.Parse(body).RootElement.GetProperty("id").GetString()!;
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private static IReadOnlyList<string> Methods(RouteEndpoint route) => route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? [];

    private static string Fill(RouteEndpoint route, string value, string camera) =>
        route.RoutePattern.Parameters.Aggregate(route.RoutePattern.RawText!, (path, p) => path.Replace($"{{{p.Name}}}", p.Name == value ? camera : Guid.Empty.ToString("D"), StringComparison.Ordinal));

    private async Task<(int Status, string Body)> HoldAsync(string camera, string key, string? incident = null)
    {
        var (status, body) = await _box.SendAsync("POST", "/api/v1/holds", new { camera_id = camera, from = "2026-11-21T04:00:00Z", to = "2026-11-21T05:00:00Z", reason = "theft", incident_id = incident }, key);
        return (status, body);
    }

    private async Task<string> CredentialAsync(CallerKind kind)
    {
        if (kind == CallerKind.ApiKey) return Key(new ApiKeyWish("scoped", BoxRole.Viewer) { Cameras = ["gate"] });
        return (await SignedInAsync(["gate"])).Browser.Cookie!;
    }

    private async Task<(string Id, Browser Browser)> SignedInAsync(string[] cameras)
    {
        var user = await _box.JsonAsync("POST", "/api/v1/users", new { name = "Anna", password = Password, role = "viewer", cameras }, 201);
        var browser = new Browser(_box.Http);
        Assert.Equal(200, (await browser.LoginAsync("Anna", Password)).Status);
        return (user.GetProperty("id").GetString()!, browser);
    }

    private string Key(ApiKeyWish wish) => _box.App.Services.GetRequiredService<ApiKeys>().Add(wish).Text;

    private List<RouteEndpoint> Routes() => [.. _box.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];
}
