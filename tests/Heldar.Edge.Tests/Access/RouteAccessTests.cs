using System.Text.Json;
using Heldar.Edge.Access;
using Heldar.Edge.Tests.Api;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Heldar.Edge.Tests.Access;

public sealed class RouteAccessTests : IAsyncLifetime
{
    private BoxFixture _box = null!;

    [Fact]
    public void EveryRoute_HasAnAccessDecision() => Assert.Empty(Undecided(Routes()));

    [Fact]
    public void Census_Bites_WhenARouteHasNone()
    {
        var bare = new RouteEndpoint(_ => Task.CompletedTask, Microsoft.AspNetCore.Routing.Patterns.RoutePatternFactory.Parse("/bare"), 0, EndpointMetadataCollection.Empty, "bare");
        Assert.Single(Undecided([bare]));
    }

    [Fact]
    public void OnlyHealth_IsOpen() => Assert.Equal(
        ["/healthz", "/readyz"],
        Routes().Where(r => r.Metadata.GetMetadata<AccessNeed>()?.Role is null).Select(r => r.RoutePattern.RawText).Order(StringComparer.Ordinal));

    [Fact]
    public void EveryChange_NeedsAnAdmin() => Assert.All(
        Routes().Where(r => r.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods.Any(m => m is "POST" or "PATCH" or "PUT" or "DELETE") == true && !r.RoutePattern.RawText!.EndsWith("/test", StringComparison.Ordinal)),
        r => Assert.Equal(BoxRole.Admin, r.Metadata.GetMetadata<AccessNeed>()!.Role));

    [Theory]
    [InlineData("GET", "/api/v1/cameras")]
    [InlineData("GET", "/api/v1/cameras/none")]
    [InlineData("GET", "/nothing/here")]
    [InlineData("GET", "/")]
    [InlineData("PUT", "/api/v1/cameras")]
    [InlineData("GET", "/openapi/v1.json")]
    [InlineData("GET", "/media/recordings/00000000-0000-0000-0000-000000000000.mp4")]
    [InlineData("GET", "/media/recordings/00000000-0000-0000-0000-000000000000.mp4?exp=99999999999&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("GET", "/api/v1/system?exp=99999999999&sig=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    public async Task WithoutAKey_EverythingIs401_BeforeAnything404(string method, string path)
    {
        foreach (var key in new[] { "", "hk_wrong", "x y" })
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
        Assert.Contains("\"forbidden\"", body, StringComparison.Ordinal);
    }

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

    private static IEnumerable<string?> Undecided(IEnumerable<RouteEndpoint> routes) =>
        routes.Where(r => r.Metadata.GetMetadata<AccessNeed>() is null).Select(r => r.DisplayName);

    private List<RouteEndpoint> Routes() => [.. _box.App.Services.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()];
}
