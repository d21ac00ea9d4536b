using System.Net;
using Heldar.Contracts.Api;
using Heldar.Fleet.Access;
using Heldar.Fleet.Settings;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;

namespace Heldar.Fleet.Tests.Access;

/// <summary>The test's client stands where the proxy would: it connects from 127.0.0.1.</summary>
public sealed class TrustedProxyTests(PostgresFixture postgres)
{
    [Fact]
    public async Task Cookie_IsSecure_WhenATrustedProxySaysHttps()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: Trusting("127.0.0.1/32"));
        await fleet.SignInAsync();

        using var response = await LoginAsync(fleet, "203.0.113.7", "https", "correct horse battery");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Contains("; secure", Assert.Single(response.Headers.GetValues("Set-Cookie")), StringComparison.OrdinalIgnoreCase);
        Assert.True(response.Headers.Contains("Strict-Transport-Security"));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("10.0.0.0/8")]
    public async Task Headers_AreIgnored_WhenTheirSenderIsNoTrustedProxy(string? proxies)
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => Trusting(proxies)(o) with { SignInsPerMinute = 3 });
        for (int i = 0; i < 3; i++) await LoginAsync(fleet, $"203.0.113.{i}", "https").RefusedAsync(401, ErrorCodes.Unauthenticated);

        await LoginAsync(fleet, "203.0.113.9", "https").RefusedAsync(429, ErrorCodes.TooMany);
        using var state = await fleet.SendAsync(null, HttpMethod.Get, "/api/v1/auth/state", change: r => Forward(r, "203.0.113.9", "https"));
        Assert.False(state.Headers.Contains("Strict-Transport-Security"));
    }

    [Fact]
    public async Task Limits_CountClientsBehindTheProxy_EachAlone()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => Trusting("127.0.0.1/32")(o) with { SignInsPerMinute = 2 });
        foreach (string client in new[] { "203.0.113.1", "203.0.113.2" })
        {
            for (int i = 0; i < 2; i++) await LoginAsync(fleet, client).RefusedAsync(401, ErrorCodes.Unauthenticated);
            await LoginAsync(fleet, client).RefusedAsync(429, ErrorCodes.TooMany);
        }
    }

    [Fact]
    public async Task Limits_AreNotEscaped_ByWritingOnesOwnForwardedFor()
    {
        await using var fleet = await FleetHost.StartAsync(postgres, change: o => Trusting("127.0.0.1/32")(o) with { SignInsPerMinute = 2 });

        // A proxy appends the address it saw; what stands before it is the client's invention.
        for (int i = 0; i < 2; i++) await LoginAsync(fleet, $"198.51.100.{i}, 203.0.113.1").RefusedAsync(401, ErrorCodes.Unauthenticated);

        await LoginAsync(fleet, "198.51.100.77, 203.0.113.1").RefusedAsync(429, ErrorCodes.TooMany);
    }

    [Theory]
    [InlineData("203.0.113.7", "203.0.113.7")]
    [InlineData("::ffff:203.0.113.7", "203.0.113.7")]
    [InlineData("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64")]
    [InlineData("2001:db8:1:2:ffff::", "2001:db8:1:2::/64")]
    [InlineData(null, "unknown")]
    public void RateKey_IsOneForWhatOneClientOwns(string? address, string key) => Assert.Equal(key, TrustedProxies.RateKey(address is null ? null : IPAddress.Parse(address)));

    private static Func<FleetOptions, FleetOptions> Trusting(string? network) => o => o with { TrustedProxies = network is null ? [] : [IPNetwork.Parse(network)] };

    private static Task<HttpResponseMessage> LoginAsync(FleetHost fleet, string forwardedFor, string scheme = "https", string password = "wrong") =>
        fleet.SendAsync(null, HttpMethod.Post, "/api/v1/auth/login", new LoginRequest("anna", password), r => Forward(r, forwardedFor, scheme));

    private static void Forward(HttpRequestMessage request, string forwardedFor, string scheme)
    {
        request.Headers.Add("X-Forwarded-For", forwardedFor);
        request.Headers.Add("X-Forwarded-Proto", scheme);
    }
}
