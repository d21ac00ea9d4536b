using Heldar.Edge.Tests.Api;

namespace Heldar.Edge.Tests.Access;

/// <summary>Accounts and sign-ins that nobody means well with.</summary>
public sealed class HostileAccountTests : IAsyncLifetime
{
    private BoxFixture _box = null!;

    [Theory]
    [InlineData("""{"name":"anna","password":"correct horse battery","role":"king"}""", 400)]
    [InlineData("""{"name":"anna","password":"correct horse battery"}""", 400)]
    [InlineData("""{"name":"anna","password":"short","role":"viewer"}""", 400)]
    [InlineData("""{"name":"anna","password":"aaaaaaaaaaaaaaaa","role":"viewer"}""", 400)]
    [InlineData("""{"name":"correct horse","password":"correct horse battery","role":"viewer"}""", 400)]
    [InlineData("""{"name":"an\u0000na","password":"correct horse battery","role":"viewer"}""", 400)]
    [InlineData("""{"name":"an\uD800na","password":"correct horse battery","role":"viewer"}""", 400)]
    [InlineData("""{"name":"anna","password":"correct horse \uD800battery","role":"viewer"}""", 400)]
    [InlineData("""{"name":"anna","password":"correct horse battery","role":"viewer","cameras":[]}""", 400)]
    [InlineData("""{"name":"anna","password":"correct horse battery","role":"viewer","cameras":["../x"]}""", 400)]
    [InlineData("""{"name":"anna","password":"correct horse battery","role":"viewer","cameras":"gate"}""", 400)]
    [InlineData("""{"name":"anna","password":"correct horse battery","role":"admin","cameras":["gate"]}""", 400)]
    [InlineData("""{"name":5}""", 400)]
    [InlineData("""[]""", 400)]
    [InlineData("""{"name":"anna","name":"ben","password":"correct horse battery","role":"viewer"}""", 400)]
    public async Task HostileAccount_IsRefused(string body, int status)
    {
        var answer = await _box.SendAsync("POST", "/api/v1/users", body);
        Assert.True(status == answer.Status, answer.Body);
    }

    [Theory]
    [InlineData("""{"name":"anna"}""", 400)]
    [InlineData("""{"name":"anna","password":""}""", 400)]
    [InlineData("""{"password":"x"}""", 401)]
    [InlineData("""{"name":null,"password":"x"}""", 401)]
    [InlineData("""{"name":"\u202Eanna","password":"x"}""", 401)]
    [InlineData("""{"name":"an\uDC00na","password":"x"}""", 400)]
    public async Task HostileLogin_IsRefused(string body, int status) => Assert.Equal(status, (await new Browser(_box.Http).SendAsync("POST", "/api/v1/auth/login", body)).Status);

    [Fact]
    public async Task LongInput_IsRefused_BeforeItIsHashed()
    {
        Assert.Equal(400, (await new Browser(_box.Http).LoginAsync("anna", new string('x', 1000))).Status);
        Assert.Equal(401, (await new Browser(_box.Http).LoginAsync(new string('x', 10_000), "x")).Status);
        Assert.Equal(413, (await new Browser(_box.Http).LoginAsync("anna", new string('x', 100_000))).Status);
    }

    public async ValueTask InitializeAsync() => _box = await BoxFixture.StartAsync();

    public ValueTask DisposeAsync() => _box.DisposeAsync();
}
