using System.Net;
using System.Net.WebSockets;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Heldar.Fleet.Tests.Access;

/// <summary>Every route has an access decision, and strangers learn nothing but 401.</summary>
public sealed class RouteCensusTests(PostgresFixture postgres)
{
    private static readonly string[] OpenToAll =
        ["/api/v1/auth/login", "/api/v1/auth/setup", "/api/v1/auth/state", "/enrol", "/healthz", "/openapi/{documentName}.json", "/readyz"];

    [Fact]
    public async Task Routes_AllStateTheirNeed_AndTheOpenOnesAreTheseAlone()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        var routes = Routes(fleet);

        Assert.True(routes.Count >= 15, $"only {routes.Count} routes found");
        Assert.Empty(Undecided(routes));
        Assert.Equal(OpenToAll, routes.Where(r => NeedOf(r) is Need.Nothing).Select(r => r.RoutePattern.RawText!).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Census_FindsARoute_ThatStatesNoNeed()
    {
        var app = WebApplication.CreateSlimBuilder().Build();
        app.MapGet("/forgotten", () => "hello");
        app.MapGet("/decided", () => "hello").Needs(Need.Viewer);

        var undecided = Undecided([.. ((IEndpointRouteBuilder)app).DataSources.SelectMany(d => d.Endpoints).OfType<RouteEndpoint>()]);

        Assert.Equal("/forgotten", Assert.Single(undecided).RoutePattern.RawText);
    }

    [Fact]
    public async Task Strangers_Get401_FromEveryClosedRouteAndUnknownPath()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        var paths = Routes(fleet).Where(r => NeedOf(r) is not Need.Nothing).SelectMany(r => Methods(r).Select(m => (Method: m, Path: Fill(r.RoutePattern.RawText!))))
            .Append(("GET", "/api/v1/nothing-here")).Append(("GET", "/api")).Append(("DELETE", "/api/v1/cameras/x")).Append(("GET", "/media/x")).Append(("GET", "/internal/v1/secrets"));

        foreach (var (method, path) in paths)
        {
            using var response = await fleet.SendAsync(null, new HttpMethod(method), path);
            Assert.True(response.StatusCode is HttpStatusCode.Unauthorized, $"{method} {path} answered {(int)response.StatusCode}");
        }
    }

    [Fact]
    public async Task UnknownPaths_Are404InTheErrorForm_ForPeople()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);

        await fleet.GetAsync(await fleet.SignInAsync(), "/api/v1/nothing-here").RefusedAsync(404, ErrorCodes.NotFound);
    }

    [Theory]
    [InlineData("DELETE", "/api/v1/sites", 405)]
    [InlineData("PUT", "/enrol", 405)]
    [InlineData("POST", "/healthz", 405)]
    public async Task WrongMethods_AreRefusedAsSuch_ToPeople(string method, string path, int status)
    {
        await using var fleet = await FleetHost.StartAsync(postgres);

        var refused = await fleet.SendAsync(await fleet.SignInAsync(), new HttpMethod(method), path).RefusedAsync(status, ErrorCodes.BadRequest);

        Assert.Contains(method, refused.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("DELETE", "/api/v1/sites")]
    [InlineData("PUT", "/enrol")]
    public async Task WrongMethods_TellStrangersNothing(string method, string path)
    {
        await using var fleet = await FleetHost.StartAsync(postgres);

        await fleet.SendAsync(null, new HttpMethod(method), path).RefusedAsync(401, ErrorCodes.Unauthenticated);
    }

    [Fact]
    public async Task WrongContentTypes_AreRefusedAsSuch()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);

        await fleet.SendAsync(await fleet.SignInAsync(), HttpMethod.Post, "/api/v1/sites", change: r => r.Content = new StringContent("site=a", System.Text.Encoding.UTF8, "application/x-www-form-urlencoded")).RefusedAsync(415, ErrorCodes.BadRequest);
    }

    [Theory]
    [InlineData("heldar_session=")]
    [InlineData("heldar_session=main.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("heldar_session=other.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("heldar_session=%00%01'or'1'='1")]
    public async Task Cookie_IsRefused_WhenForged(string cookie)
    {
        await using var fleet = await FleetHost.StartAsync(postgres);

        await fleet.GetAsync(cookie, "/api/v1/sites").RefusedAsync(401, ErrorCodes.Unauthenticated);
    }

    [Fact]
    public async Task Tunnel_IsRefused_WithoutSignature()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);
        using var socket = new ClientWebSocket();
        var url = new UriBuilder(new Uri(fleet.Url, Tunnel.Path)) { Scheme = "ws" }.Uri;

        await Assert.ThrowsAsync<WebSocketException>(() => socket.ConnectAsync(url, CancellationToken.None));
    }

    [Fact]
    public async Task OpenApi_DescribesEveryPublicRoute()
    {
        await using var fleet = await FleetHost.StartAsync(postgres);

        string document = await fleet.Client.GetStringAsync(new Uri(fleet.Url, "/openapi/v1.json"));

        Assert.Contains("/api/v1/boxes/{box}/heartbeat", document, StringComparison.Ordinal);
        Assert.Contains("/api/v1/sites", document, StringComparison.Ordinal);
        Assert.DoesNotContain("/internal/", document, StringComparison.Ordinal);
    }

    private static List<RouteEndpoint> Routes(FleetHost fleet) =>
        [.. fleet.App.Services.GetServices<EndpointDataSource>().SelectMany(d => d.Endpoints).OfType<RouteEndpoint>()];

    private static List<RouteEndpoint> Undecided(List<RouteEndpoint> routes) => [.. routes.Where(r => NeedOf(r) is null)];

    private static Need? NeedOf(RouteEndpoint route) => route.Metadata.GetMetadata<RouteNeed>()?.Need;

    private static IReadOnlyList<string> Methods(RouteEndpoint route) => route.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods ?? ["GET"];

    private static string Fill(string pattern) =>
        pattern.Replace("{camera:guid}", Guid.Empty.ToString("D"), StringComparison.Ordinal).Replace("{box:guid}", Guid.Empty.ToString("D"), StringComparison.Ordinal)
            .Replace("{letter:guid}", Guid.Empty.ToString("D"), StringComparison.Ordinal).Replace("{file}", "0.mp4", StringComparison.Ordinal).Replace("{start}", "0", StringComparison.Ordinal);
}
