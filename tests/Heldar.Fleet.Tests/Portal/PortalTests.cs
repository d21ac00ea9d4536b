using System.Net;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;

namespace Heldar.Fleet.Tests.Portal;

public sealed class PortalTests(PostgresFixture postgres) : IDisposable
{
    private readonly string _folder = TemporaryFolder.Create("portal");

    public void Dispose() => TemporaryFolder.Delete(_folder);

    [Theory]
    [InlineData("/")]
    [InlineData("/cameras/0195/timeline")]
    public async Task Page_IsGiven_ForEveryPathOfThePortal(string path)
    {
        await using var fleet = await StartAsync();

        using var response = await fleet.GetAsync(null, path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("text/html", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("<!doctype html>portal", await response.Content.ReadAsStringAsync());
        Assert.True(response.Headers.CacheControl!.NoCache);
    }

    [Fact]
    public async Task Files_AreGivenAsTheyAre_AndHashedOnesMayBeKept()
    {
        await using var fleet = await StartAsync();

        using var script = await fleet.GetAsync(null, "/assets/index-abc123.js");
        using var icon = await fleet.GetAsync(null, "/favicon.svg");

        Assert.Equal(("text/javascript", "public, max-age=31536000, immutable"), (script.Content.Headers.ContentType!.MediaType, script.Headers.CacheControl!.ToString()));
        Assert.Equal(("image/svg+xml", true), (icon.Content.Headers.ContentType!.MediaType, icon.Headers.CacheControl!.NoCache));
    }

    [Theory]
    [InlineData("/assets/gone.js", 404)]
    [InlineData("/../secret.txt", 404)]
    [InlineData("/%2e%2e/secret.txt", 404)]
    [InlineData("/..%2fsecret.txt", 404)]
    public async Task Files_AreNotFound_WhenMissingOrOutside(string path, int status)
    {
        await using var fleet = await StartAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder, "secret.txt"), "secret");

        using var response = await fleet.GetAsync(null, path);

        Assert.Equal(status, (int)response.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/assets/index-abc123.js")]
    [InlineData("/api/v1/auth/state")]
    [InlineData("/api/v1/sites")]
    [InlineData("/healthz")]
    public async Task EveryAnswer_HasTheSecurityHeaders(string path)
    {
        await using var fleet = await StartAsync();

        using var response = await fleet.GetAsync(null, path);

        string policy = response.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", response.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("no-referrer", response.Headers.GetValues("Referrer-Policy").Single());
        Assert.NotNull(response.Headers.CacheControl);
        Assert.False(response.Headers.Contains("Server"));
    }

    [Fact]
    public async Task Portal_SaysWhatToDo_WhenItIsNotBuilt()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => o with { Portal = Path.Combine(_folder, "missing") });

        using var response = await fleet.GetAsync(null, "/");

        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("HELDAR_PORTAL", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private async Task<FleetHost> StartAsync()
    {
        string built = Path.Combine(_folder, "dist");
        Directory.CreateDirectory(Path.Combine(built, "assets"));
        await File.WriteAllTextAsync(Path.Combine(built, "index.html"), "<!doctype html>portal");
        await File.WriteAllTextAsync(Path.Combine(built, "favicon.svg"), "<svg/>");
        await File.WriteAllTextAsync(Path.Combine(built, "assets", "index-abc123.js"), "export {};");
        return await FleetHost.StartAsync(postgres, change: o => o with { Portal = built });
    }
}
