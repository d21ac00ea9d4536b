using System.Net.WebSockets;
using System.Text;
using Heldar.Contracts.Api;
using Heldar.Fleet.RemoteAccess;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Fleet.Tests.RemoteAccess;

/// <summary>What a box may not do closes its tunnel with the reason; nothing else is harmed.</summary>
public sealed class TunnelRuleTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly TunnelResponse Head = new(200, "video/mp4", 1000, null);

    public static TheoryData<string, string> HostileFrames => new()
    {
        { "empty", "without a known kind" },
        { "kind 0", "without a known kind" },
        { "kind 99", "without a known kind" },
        { "stream 0", "without a known kind" },
        { "request", "Request frame from a box" },
        { "credit", "Credit frame from a box" },
        { "text", "text message" },
        { "too long", "too long" },
        { "unknown stream", "never opened" },
    };

    public static TheoryData<string, string> HostileAnswers => new()
    {
        { "data first", "before the head" },
        { "end first", "before the head" },
        { "two heads", "two heads" },
        { "head is no JSON", "a head that is not one" },
        { "head with a wild status", "a head that is not one" },
        { "head with a negative length", "a head that is not one" },
        { "head too long", "too long" },
        { "more than announced", "more data than the head announced" },
        { "beyond the credit", "beyond the credit" },
        { "error is no JSON", "an error that is not one" },
    };

    [Theory]
    [MemberData(nameof(HostileFrames))]
    public async Task Tunnel_IsClosedWithTheReason_WhenAFrameBreaksTheRules(string what, string reason)
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);

        await (what switch
        {
            "empty" => scene.Tunnel.SendRawAsync([]),
            "kind 0" => scene.Tunnel.SendRawAsync([0, 0, 0, 0, 1]),
            "kind 99" => scene.Tunnel.SendRawAsync([99, 0, 0, 0, 1]),
            "stream 0" => scene.Tunnel.SendRawAsync([(byte)TunnelFrame.End, 0, 0, 0, 0]),
            "request" => scene.Tunnel.SendAsync(TunnelFrame.Request, 1, new TunnelRequest("GET", "/", null)),
            "credit" => scene.Tunnel.SendAsync(TunnelFrame.Credit, 1, new byte[4]),
            "text" => scene.Tunnel.SendRawAsync("hello"u8.ToArray(), WebSocketMessageType.Text),
            "too long" => scene.Tunnel.SendRawAsync(new byte[Tunnel.HeaderBytes + Tunnel.MaxDataBytes + 1]),
            _ => scene.Tunnel.SendAsync(TunnelFrame.End, 7, []),
        });

        Assert.Contains(reason, await scene.Tunnel.ClosedAsync(), StringComparison.Ordinal);
        await scene.Fleet.WaitForAsync("select not exists (select 1 from box_tunnel)");
        Assert.Empty(scene.Fleet.Get<Tunnels>().All);
    }

    [Theory]
    [MemberData(nameof(HostileAnswers))]
    public async Task Tunnel_IsClosedWithTheReason_WhenAnAnswerBreaksTheRules(string what, string reason)
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);
        var viewing = scene.ViewAsync();
        var (stream, _) = await scene.Tunnel.RequestAsync();

        await SendAsync(scene.Tunnel, stream, what);

        Assert.Contains(reason, await scene.Tunnel.ClosedAsync(), StringComparison.Ordinal);
        await EndsBadlyAsync(viewing);
    }

    [Fact]
    public async Task NewestTunnel_Wins_OnOneReplica()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);

        using var newer = await scene.Box.ConnectAsync();
        string reason = await scene.Tunnel.ClosedAsync();
        var viewing = scene.ViewAsync();
        var (stream, _) = await newer.RequestAsync();
        await newer.AnswerAsync(stream, [5]);

        Assert.Contains("newer connection", reason, StringComparison.Ordinal);
        Assert.Equal([5], await (await viewing).Content.ReadAsByteArrayAsync());
        Assert.Equal(1, await scene.Fleet.ScalarAsync<long>("select count(*) from box_tunnel"));
    }

    [Fact]
    public async Task NewestTunnel_Wins_AcrossReplicas()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);
        await using var other = await scene.Fleet.StartReplicaAsync();
        using var newer = await scene.Box.ConnectAsync(other);
        await scene.Fleet.WaitForAsync("select replica_url = @url from box_tunnel", new { url = other.Url.ToString() });

        await scene.Fleet.Get<TunnelKeeper>().TouchAllAsync(CancellationToken.None);
        await other.Get<TunnelKeeper>().TouchAllAsync(CancellationToken.None);

        Assert.Contains("newer connection", await scene.Tunnel.ClosedAsync(), StringComparison.Ordinal);
        Assert.Single(other.Get<Tunnels>().All);
        Assert.Equal(1, await scene.Fleet.ScalarAsync<long>("select count(*) from box_tunnel"));
    }

    [Fact]
    public async Task DeadReplicasRow_IsNotTrusted_AfterAMinute()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite, connect: false);
        await scene.Fleet.ExecuteAsync(
            "insert into box_tunnel (tenant, box, connection, replica_url, since, seen_at) values ('main', @Id, gen_random_uuid(), 'http://127.0.0.1:9/', @at, @at)",
            new { scene.Box.Id, at = scene.Fleet.Clock.GetCurrentInstant() });

        await scene.ViewAsync().RefusedAsync(503, ErrorCodes.BoxOffline);
        Assert.Contains("\"online\":true", await BoxesAsync(scene), StringComparison.Ordinal);
        scene.Fleet.Clock.Advance(Duration.FromSeconds(61));
        await scene.ViewAsync().RefusedAsync(503, ErrorCodes.BoxOffline);

        Assert.Contains("\"online\":false", await BoxesAsync(scene), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Tunnel_SaysGoodbye_WhenTheFleetStops()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);

        var stopping = scene.Fleet.App.StopAsync();
        string reason = await scene.Tunnel.ClosedAsync();
        await stopping;

        Assert.Contains("stopping", reason, StringComparison.Ordinal);
    }

    /// <summary>The viewer gets 503 when nothing was sent yet, a broken connection otherwise; never a whole answer.</summary>
    private static async Task EndsBadlyAsync(Task<HttpResponseMessage> viewing)
    {
        try
        {
            using var response = await viewing;
            if (!response.IsSuccessStatusCode)
            {
                Assert.Equal(503, (int)response.StatusCode);
                return;
            }

            await response.Content.ReadAsByteArrayAsync();
        }
        catch (HttpRequestException)
        {
            return;
        }

        Assert.Fail("the viewer got a whole answer");
    }

    private static async Task<string> BoxesAsync(Scene scene) => await (await scene.Fleet.GetAsync(scene.Cookie, "/api/v1/boxes")).Content.ReadAsStringAsync();

    private static async Task SendAsync(FakeTunnel tunnel, uint stream, string what)
    {
        switch (what)
        {
            case "data first":
                await tunnel.SendAsync(TunnelFrame.Data, stream, new byte[10]);
                break;
            case "end first":
                await tunnel.SendAsync(TunnelFrame.End, stream, []);
                break;
            case "two heads":
                await tunnel.SendAsync(TunnelFrame.Head, stream, Head);
                await tunnel.SendAsync(TunnelFrame.Head, stream, Head);
                break;
            case "head is no JSON":
                await tunnel.SendAsync(TunnelFrame.Head, stream, Encoding.UTF8.GetBytes(new string('[', 5000)));
                break;
            case "head with a wild status":
                await tunnel.SendAsync(TunnelFrame.Head, stream, Head with { Status = 99 });
                break;
            case "head with a negative length":
                await tunnel.SendAsync(TunnelFrame.Head, stream, Head with { ContentLength = -1 });
                break;
            case "head too long":
                await tunnel.SendAsync(TunnelFrame.Head, stream, Head with { ContentType = new string('x', Tunnel.MaxHeadBytes) });
                break;
            case "more than announced":
                await tunnel.SendAsync(TunnelFrame.Head, stream, Head);
                await tunnel.SendAsync(TunnelFrame.Data, stream, new byte[1001]);
                break;
            case "beyond the credit":
                await tunnel.SendAsync(TunnelFrame.Head, stream, Head with { ContentLength = null });
                await FloodAsync(tunnel, stream);
                break;
            default:
                await tunnel.SendAsync(TunnelFrame.Error, stream, "nonsense"u8.ToArray());
                break;
        }
    }

    /// <summary>Sends without regard to credit until the fleet hangs up; the viewer of the test does not read.</summary>
    private static async Task FloodAsync(FakeTunnel tunnel, uint stream)
    {
        try
        {
            for (int i = 0; i < 2000 && tunnel.Socket.State is WebSocketState.Open; i++) await tunnel.SendAsync(TunnelFrame.Data, stream, new byte[Tunnel.MaxDataBytes]);
        }
        catch (WebSocketException)
        {
            // Hung up.
        }
    }
}
