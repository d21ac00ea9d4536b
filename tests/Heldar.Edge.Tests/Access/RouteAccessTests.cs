using System.Reflection;
using System.Text.Json;
using Heldar.Edge.Access;
using Heldar.Edge.Tests.Api;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Patterns;
using Microsoft.Extensions.DependencyInjection;

namespace Heldar.Edge.Tests.Access;

public sealed class RouteAccessTests : IAsyncLifetime
{
    /// <summary>Routes that change something and that everyone who may look may use, because they change only what is the caller's own, or nothing.</summary>
    private static readonly string[] OwnChanges = ["/api/v1/auth/", "/api/v1/cameras/{id}/test"];

    private BoxFixture _box = null!;

    [Fact]
    public void EveryRoute_HasAnAccessDecision_AndACameraScopeDecision() => Assert.Empty(Undecided(Routes()));

    [Fact]
    public void Census_Bites_WhenARouteLacksEither()
    {
        var need = new AccessNeed(Capability.CameraRead);
        var scope = new ScopeNeed(ScopeRule.Filters);
        Assert.Single(Undecided([Route("/bare")]));
        Assert.Single(Undecided([Route("/no-scope", need)]));
        Assert.Single(Undecided([Route("/no-need", scope)]));
        Assert.Single(Undecided([Route("/wrong-value/{camera}", need, new ScopeNeed(ScopeRule.InRoute, "id"))]));
        Assert.Single(Undecided([Route("/api/v1/cameras/{id}/thing", need, scope)]));
        Assert.Single(Undecided([Route("/twice", need, need, scope)]));
        Assert.Single(Undecided([Route("/twice", need, scope, new ScopeNeed(ScopeRule.BoxWide))]));
        Assert.Single(Undecided([Route("/asks-nobody", need, scope, ((Delegate)AsksNobody).Method)]));
        Assert.Empty(Undecided([Route("/asks", need, scope, ((Delegate)Asks).Method)]));
        Assert.Empty(Undecided([Route("/api/v1/cameras/{id}/thing", need, new ScopeNeed(ScopeRule.InRoute, "id"))]));

        static int AsksNobody(string id) => id.Length;
        static bool Asks(string id, Caller caller) => caller.Sees(id);
    }

    /// <summary>A role is a set of capabilities that may change; a route says what it is about.</summary>
    [Fact]
    public void NoRoute_CanBeDecidedByARole() => Assert.DoesNotContain(
        typeof(AccessNeed).Assembly.GetTypes().SelectMany(t => t.GetMethods(BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)),
        m => m.GetParameters() is [var first, ..] && (first.ParameterType.IsGenericParameter || typeof(IEndpointConventionBuilder).IsAssignableFrom(first.ParameterType))
            && m.GetParameters().Any(p => p.ParameterType == typeof(BoxRole)));

    [Theory]
    [InlineData("/bare")]
    [InlineData("/no-scope")]
    public async Task RouteWithoutADecision_IsRefused(string path)
    {
        // The middleware itself, with an endpoint that routing would have chosen.
        object[] metadata = path == "/no-scope" ? [new AccessNeed(Capability.SystemRead)] : [];
        var reached = false;
        var middleware = ActivatorUtilities.CreateInstance<AccessMiddleware>(_box.App.Services, (RequestDelegate)Reach);
        var context = new DefaultHttpContext { RequestServices = _box.App.Services };
        context.Request.Headers["X-API-Key"] = Key(new ApiKeyWish("scoped", BoxRole.Viewer) { Cameras = ["a"] });
        context.Request.Method = "GET";
        context.SetEndpoint(Route(path, metadata));

        await middleware.InvokeAsync(context);

        Assert.Equal((403, false), (context.Response.StatusCode, reached));

        Task Reach(HttpContext reachedBy)
        {
            reached = true;
            return Task.CompletedTask;
        }
    }

    [Fact]
    public void OnlyHealthAndSigningIn_AreOpen() => Assert.Equal(
        ["/api/v1/auth/login", "/api/v1/auth/logout", "/api/v1/auth/setup", "/api/v1/auth/state", "/healthz", "/readyz"],
        Routes().Where(r => r.Metadata.GetMetadata<AccessNeed>()?.Capability is null).Select(r => r.RoutePattern.RawText).Order(StringComparer.Ordinal));

    [Fact]
    public void EveryChange_NeedsMoreThanAViewerHas() => Assert.All(
        Routes().Where(r => r.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Any(m => m is "POST" or "PATCH" or "PUT" or "DELETE") == true
            && !OwnChanges.Any(o => r.RoutePattern.RawText!.StartsWith(o, StringComparison.Ordinal))),
        r => Assert.False(BoxRole.Viewer.Capabilities().HasFlag(r.Metadata.GetMetadata<AccessNeed>()!.Capability!.Value), r.DisplayName));

    [Theory]
    [InlineData("GET", "/api/v1/cameras")]
    [InlineData("GET", "/api/v1/cameras/none")]
    [InlineData("GET", "/nothing/here")]
    [InlineData("GET", "/")]
    [InlineData("PUT", "/api/v1/cameras")]
    [InlineData("GET", "/openapi/v1.json")]
    [InlineData("GET", "/api/v1/users")]
    [InlineData("GET", "/api/v1/auth/me")]
    [InlineData("GET", "/media/recordings/00000000-0000-0000-0000-000000000000.mp4")]
    [InlineData("GET", "/media/recordings/00000000-0000-0000-0000-000000000000.mp4?exp=99999999999&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("GET", "/api/v1/system?exp=99999999999&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task WithoutAKey_EverythingIs401_BeforeAnything404(string method, string path)
    {
        foreach (var key in new[] { "", "hk_wrong", "x y", "hs_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA" })
        {
            using var response = await _box.RawAsync(method, path, key: key);
            Assert.Equal(401, (int)response.StatusCode);
            var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync()).RootElement;
            Assert.Equal("unauthenticated", body.GetProperty("code").GetString());
            Assert.NotEmpty(body.GetProperty("error").GetString()!);
        }
    }

    [Fact]
    public async Task Viewer_MayLook_ButNotChange()
    {
        var viewer = _box.Key(BoxRole.Viewer);

        Assert.Equal(200, (await _box.SendAsync("GET", "/api/v1/cameras", key: viewer)).Status);
        var (status, body) = await _box.SendAsync("POST", "/api/v1/cameras", new { id = "a", url = "rtsp://h/" }, viewer);
        Assert.Equal(403, status);
        Assert.Contains("registry:manage", body, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("viewer", "GET", "/api/v1/audit", 403)]
    [InlineData("viewer", "GET", "/api/v1/users", 403)]
    [InlineData("guard", "POST", "/api/v1/holds", 403)]
    [InlineData("manager", "POST", "/api/v1/holds", 404)]
    [InlineData("guard", "DELETE", "/api/v1/holds/00000000-0000-0000-0000-000000000001", 403)]
    [InlineData("manager", "DELETE", "/api/v1/holds/00000000-0000-0000-0000-000000000001", 404)]
    [InlineData("manager", "POST", "/api/v1/system/retention/trust-clock", 403)]
    [InlineData("manager", "GET", "/api/v1/api-keys", 403)]
    [InlineData("manager", "DELETE", "/api/v1/cameras/none", 403)]
    [InlineData("admin", "DELETE", "/api/v1/holds/00000000-0000-0000-0000-000000000001", 404)]
    [InlineData("integration", "GET", "/api/v1/cameras", 200)]
    public async Task Roles_MayWhatTheyMay(string role, string method, string path, int status) =>
        Assert.Equal(status, (await _box.SendAsync(method, path, method == "POST" ? "{}" : null, _box.Key(UserEndpoints.ReadRole(role)!.Value))).Status);

    [Fact]
    public async Task Key_MayComeInEitherHeader()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/v1/site");
        request.Headers.Add("X-API-Key", _box.AdminKey);
        using var response = await _box.Http.SendAsync(request);
        Assert.Equal(200, (int)response.StatusCode);
    }

    [Fact]
    public async Task Health_IsOpen()
    {
        using var live = await _box.RawAsync("GET", "/healthz");
        using var ready = await _box.RawAsync("GET", "/readyz");
        Assert.Equal((200, 200), ((int)live.StatusCode, (int)ready.StatusCode));
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    /// <summary>Routes without a decision or with two, and those whose decision cannot be meant: below one camera everything has its scope; who leaves out asks who calls.</summary>
    private static IEnumerable<string?> Undecided(IEnumerable<RouteEndpoint> routes) => routes
        .Where(r => r.Metadata.GetOrderedMetadata<AccessNeed>().Count != 1
            || r.Metadata.GetOrderedMetadata<ScopeNeed>().Count != 1
            || r.Metadata.GetMetadata<ScopeNeed>() is not { } scope
            || (scope.Rule == ScopeRule.Filters && r.Metadata.GetMetadata<MethodInfo>() is { } handler && handler.GetParameters().All(p => p.ParameterType != typeof(Caller)))
            || (scope.Rule == ScopeRule.InRoute && r.RoutePattern.GetParameter(scope.RouteValue) is null)
            || (scope.Rule != ScopeRule.InRoute && r.RoutePattern.RawText!.StartsWith("/api/v1/cameras/{id}", StringComparison.Ordinal)))
        .Select(r => r.DisplayName);

    private static RouteEndpoint Route(string path, params object[] metadata) =>
        new(_ => Task.CompletedTask, RoutePatternFactory.Parse(path), 0, new EndpointMetadataCollection(metadata), path);

    private string Key(ApiKeyWish wish) => _box.App.Services.GetRequiredService<ApiKeys>().Add(wish).Text;

    private List<RouteEndpoint> Routes() => [.. _box.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];
}
