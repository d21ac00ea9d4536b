using Heldar.Edge.Access;
using Heldar.Edge.Tests.Api;
using NodaTime;

namespace Heldar.Edge.Tests.Access;

public sealed class ApiKeyApiTests : IAsyncLifetime
{
    private BoxFixture _box = null!;

    [Fact]
    public async Task Key_IsMade_Used_Listed_ChangedAndRevoked()
    {
        var made = await _box.JsonAsync("POST", "/api/v1/api-keys", new { name = "door", capabilities = new[] { "camera:read" }, cameras = new[] { "gate" }, expires_at = "2126-01-01T00:00:00Z" }, 201);
        var (id, key) = (made.GetProperty("id").GetString()!, made.GetProperty("key").GetString()!);
        Assert.Equal((200, 403), ((await _box.SendAsync("GET", "/api/v1/cameras", key: key)).Status, (await _box.SendAsync("GET", "/api/v1/site", key: key)).Status));
        var me = (await _box.SendAsync("GET", "/api/v1/auth/me", key: key)).Body;
        Assert.Contains("\"kind\":\"api_key\"", me, StringComparison.Ordinal);

        var list = (await _box.SendAsync("GET", "/api/v1/api-keys")).Body;
        Assert.DoesNotContain(key, list, StringComparison.Ordinal);
        Assert.DoesNotContain(SecretToken.Hash(key), list, StringComparison.Ordinal);
        Assert.Contains("\"last_used_at\":\"", list, StringComparison.Ordinal);

        await _box.JsonAsync("PATCH", $"/api/v1/api-keys/{id}", """{"role":"viewer","cameras":null,"expires_at":null}""");
        Assert.Equal(200, (await _box.SendAsync("GET", "/api/v1/site", key: key)).Status);
        Assert.Equal(400, (await _box.SendAsync("PATCH", $"/api/v1/api-keys/{id}", """{"expires_at":"1999-01-01T00:00:00Z"}""")).Status);

        Assert.Equal(204, (await _box.SendAsync("DELETE", $"/api/v1/api-keys/{id}")).Status);
        Assert.Equal(401, (await _box.SendAsync("GET", "/api/v1/site", key: key)).Status);
        Assert.Equal((404, 404), ((await _box.SendAsync("DELETE", $"/api/v1/api-keys/{id}")).Status, (await _box.SendAsync("PATCH", $"/api/v1/api-keys/{id}", "{}")).Status));
        var audit = (await _box.SendAsync("GET", "/api/v1/audit")).Body;
        foreach (var action in new[] { "key.added", "key.changed", "key.revoked" }) Assert.Contains(action, audit, StringComparison.Ordinal);
        Assert.DoesNotContain(key, audit, StringComparison.Ordinal);
    }

    [Fact]
    public async Task LastUse_IsWrittenOnceAMinute_AndNotPerRequest()
    {
        var writes = new List<string>();
        for (var i = 0; i < 20; i++)
        {
            await _box.SendAsync("GET", "/api/v1/site");
            writes.Add((await _box.JsonAsync("GET", "/api/v1/api-keys"))[0].GetProperty("last_used_at").GetString()!);
            _box.Clock.Advance(Duration.FromSeconds(10));
        }

        Assert.Equal(4, writes.Distinct(StringComparer.Ordinal).Count());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"name":"a"}""")]
    [InlineData("""{"name":"a","role":"admin","cameras":["gate"]}""")]
    [InlineData("""{"name":"a","role":"viewer","capabilities":["camera:read"]}""")]
    [InlineData("""{"name":"a","capabilities":[]}""")]
    [InlineData("""{"name":"a","capabilities":[null]}""")]
    [InlineData("""{"name":"a","role":"viewer","expires_at":5}""")]
    [InlineData("""{"name":"a","role":"viewer","cameras":[5]}""")]
    public async Task HostileKey_IsRefused(string body)
    {
        var (status, text) = await _box.SendAsync("POST", "/api/v1/api-keys", body);
        Assert.True(status == 400, text);
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync();

    public ValueTask DisposeAsync() => _box.DisposeAsync();
}
