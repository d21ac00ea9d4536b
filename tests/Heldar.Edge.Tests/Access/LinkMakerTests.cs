using Heldar.Edge.Access;
using Heldar.Edge.Playback;
using Heldar.Edge.Tests.Api;
using Microsoft.Extensions.DependencyInjection;
using NodaTime;

namespace Heldar.Edge.Tests.Access;

/// <summary>A media link opens what whoever asked for it may see now, not what he might see when he asked.</summary>
public sealed class LinkMakerTests : IAsyncLifetime
{
    private const string Password = "correct horse battery";
    private BoxFixture _box = null!;

    private ApiKeys Keys => _box.App.Services.GetRequiredService<ApiKeys>();

    [Fact]
    public async Task Link_WorksWithoutACredential_ForAnHour()
    {
        var link = await LinkAsync(_box.AdminKey);
        Assert.Equal(200, await OpenAsync(link));
        _box.Clock.Advance(SignedLinks.Lifetime + Duration.FromSeconds(1));
        Assert.Equal(401, await OpenAsync(link));
    }

    [Fact]
    public async Task Link_EndsWithItsKey()
    {
        var (revoked, text) = Keys.Add(new ApiKeyWish("revoked", BoxRole.Viewer));
        var link = await LinkAsync(text);
        Assert.Equal(200, await OpenAsync(link));
        await _box.JsonAsync("DELETE", $"/api/v1/api-keys/{revoked.Id:D}", status: 204);
        Assert.Equal(401, await OpenAsync(link));

        var (_, shortLived) = Keys.Add(new ApiKeyWish("short", BoxRole.Viewer) { ExpiresAt = _box.Clock.Now + Duration.FromMinutes(10) });
        link = await LinkAsync(shortLived);
        Assert.Equal(200, await OpenAsync(link));
        _box.Clock.Advance(Duration.FromMinutes(10));
        Assert.Equal(401, await OpenAsync(link));
    }

    [Fact]
    public async Task Link_LosesWhatItsKeyLoses()
    {
        var (key, text) = Keys.Add(new ApiKeyWish("narrowed", BoxRole.Viewer) { Cameras = ["gate"] });
        var link = await LinkAsync(text);
        Assert.Equal(200, await OpenAsync(link));

        Keys.Change(key.Id, k => k with { Cameras = ["backyard"] });
        Assert.Equal(404, await OpenAsync(link));
        Keys.Change(key.Id, k => k with { Cameras = null, Role = null, Capabilities = ["camera:read"] });
        Assert.Equal(401, await OpenAsync(link));
    }

    [Fact]
    public async Task Link_EndsWithItsPerson()
    {
        var user = await _box.JsonAsync("POST", "/api/v1/users", new { name = "Anna", password = Password, role = "viewer", cameras = new[] { "gate" } }, 201);
        var path = "/api/v1/users/" + user.GetProperty("id").GetString();
        var browser = new Browser(_box.Http);
        await browser.LoginAsync("Anna", Password);
        var link = await LinkAsync(browser.Cookie!);
        Assert.Equal(200, await OpenAsync(link));

        await _box.JsonAsync("PATCH", path, new { cameras = new[] { "backyard" } });
        Assert.Equal(404, await OpenAsync(link));
        await _box.JsonAsync("PATCH", path, new { cameras = new[] { "gate" } });
        Assert.Equal(200, await OpenAsync(link));

        for (var i = 0; i < SignIn.MaxFailures; i++) await new Browser(_box.Http).LoginAsync("Anna", "wrong horse battery");
        Assert.Equal(401, await OpenAsync(link));
        await _box.JsonAsync("POST", path + "/unlock", status: 204);
        Assert.Equal(200, await OpenAsync(link));

        await _box.JsonAsync("PATCH", path, new { disabled = true });
        Assert.Equal(401, await OpenAsync(link));
        await _box.JsonAsync("PATCH", path, new { disabled = false });
        Assert.Equal(200, await OpenAsync(link));
        await _box.JsonAsync("DELETE", path, status: 204);
        Assert.Equal(401, await OpenAsync(link));
    }

    [Fact]
    public async Task Link_OfOneMaker_IsNoLinkOfAnother()
    {
        var (narrow, text) = Keys.Add(new ApiKeyWish("narrow", BoxRole.Viewer) { Cameras = ["gate"] });
        var admin = Keys.All.First(k => k.Name == "test");
        var link = await LinkAsync(text);

        Assert.Equal(401, await OpenAsync(link.Replace($"{narrow.Id:N}", $"{admin.Id:N}", StringComparison.Ordinal)));
    }

    public async ValueTask InitializeAsync()
    {
        _box = await BoxFixture.StartAsync("cameras:\n  - { id: gate, url: 'rtsp://127.0.0.1:1/a' }\n  - { id: backyard, url: 'rtsp://127.0.0.1:1/b' }");
        var file = Path.Combine(_box.Folder, "footage.mp4");
        await File.WriteAllBytesAsync(file, new byte[100]);
        var start = _box.Clock.Now - Duration.FromMinutes(10);
        _box.Footage.Items.Add(new Footage(Guid.CreateVersion7(), _box.Cameras.Find("gate")!.Uid, start, start + Duration.FromMinutes(1), 100, file) { Sha256 = "00" });
    }

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    private async Task<string> LinkAsync(string key)
    {
        var (status, body) = await _box.SendAsync("GET", "/api/v1/cameras/gate/segments", key: key);
        Assert.True(status == 200, body);
        return System.Text.Json.JsonDocument.Parse(body).RootElement[0].GetProperty("url").GetString()!;
    }

    private async Task<int> OpenAsync(string link)
    {
        using var response = await _box.RawAsync("GET", link);
        return (int)response.StatusCode;
    }
}
