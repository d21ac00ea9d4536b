using System.Net;
using System.Security.Cryptography;
using Heldar.Contracts.Api;
using Heldar.Fleet.RemoteAccess;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;

namespace Heldar.Fleet.Tests.RemoteAccess;

/// <summary>A person plays footage from a box behind its own tunnel.</summary>
public sealed class FootageTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private const string Start = "2026-11-21T04:37:00.25Z";

    [Fact]
    public async Task Footage_ReachesTheViewer_ByteForByte()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);
        byte[] body = RandomNumberGenerator.GetBytes(1_500_000);

        var viewing = scene.ViewAsync();
        var (stream, request) = await scene.Tunnel.RequestAsync();
        var sending = SendWithinCreditAsync(scene.Tunnel, stream, body);
        using var response = await viewing;
        byte[] seen = await response.Content.ReadAsByteArrayAsync();
        await sending;

        Assert.Equal(new TunnelRequest("GET", $"/footage/{scene.Camera:D}/{Start}", null), request);
        Assert.Equal(("video/mp4", body.Length), (response.Content.Headers.ContentType!.MediaType, (int)response.Content.Headers.ContentLength!));
        Assert.Equal("bytes", response.Headers.AcceptRanges.Single());
        Assert.True(seen.AsSpan().SequenceEqual(body));
    }

    [Fact]
    public async Task Range_PassesThrough_WithStatusAndHeaders()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);

        var viewing = scene.ViewAsync(r => r.Headers.TryAddWithoutValidation("Range", "bytes=100-199"));
        var (stream, request) = await scene.Tunnel.RequestAsync();
        await scene.Tunnel.AnswerAsync(stream, new byte[100], status: 206, range: "bytes 100-199/5000");
        using var response = await viewing;

        Assert.Equal("bytes=100-199", request.Range);
        Assert.Equal((HttpStatusCode.PartialContent, 100L, 5000L), (response.StatusCode, response.Content.Headers.ContentRange!.From, response.Content.Headers.ContentRange.Length));
        Assert.Equal(100, (await response.Content.ReadAsByteArrayAsync()).Length);
    }

    [Theory]
    [InlineData("bytes=0-1,5-9")]
    [InlineData("bytes=abc")]
    [InlineData("lines=1-2")]
    public async Task Range_IsNotPassedOn_WhenItIsNotOnePlainRange(string range)
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);

        var viewing = scene.ViewAsync(r => r.Headers.TryAddWithoutValidation("Range", range));
        var (stream, request) = await scene.Tunnel.RequestAsync();
        await scene.Tunnel.AnswerAsync(stream, [1]);

        Assert.Null(request.Range);
        Assert.Equal(HttpStatusCode.OK, (await viewing).StatusCode);
    }

    [Fact]
    public async Task Range_Gives416WithTheSize_WhenItIsBeyondTheEnd()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);

        var viewing = scene.ViewAsync(r => r.Headers.TryAddWithoutValidation("Range", "bytes=9000-"));
        var (stream, _) = await scene.Tunnel.RequestAsync();
        await scene.Tunnel.AnswerAsync(stream, [], type: "", status: 416, range: "bytes */5000");
        using var response = await viewing;

        Assert.Equal((HttpStatusCode.RequestedRangeNotSatisfiable, 5000L), (response.StatusCode, response.Content.Headers.ContentRange!.Length));
    }

    [Fact]
    public async Task Head_GivesTheHeadersAlone_AndStopsTheBox()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);

        var viewing = scene.ViewAsync(r => r.Method = HttpMethod.Head);
        var (stream, _) = await scene.Tunnel.RequestAsync();
        await scene.Tunnel.SendAsync(TunnelFrame.Head, stream, new TunnelResponse(200, "video/mp4", 5000, null));
        using var response = await viewing;
        await scene.Tunnel.WaitForAsync(TunnelFrame.Cancel, stream);

        Assert.Equal((HttpStatusCode.OK, 5000L), (response.StatusCode, response.Content.Headers.ContentLength));
    }

    [Fact]
    public async Task Viewer_IsToldTheBoxIsOffline_WhenItHasNoTunnel()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite, connect: false);

        await scene.ViewAsync().RefusedAsync(503, ErrorCodes.BoxOffline);
    }

    [Theory]
    [InlineData("not_found", 404, ErrorCodes.NotFound)]
    [InlineData("unavailable", 503, ErrorCodes.Unavailable)]
    [InlineData("surprise", 502, ErrorCodes.Unavailable)]
    public async Task Viewer_IsToldTheBoxsError_InTheFleetsForm(string code, int status, string shown)
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);

        var viewing = scene.ViewAsync();
        var (stream, _) = await scene.Tunnel.RequestAsync();
        await scene.Tunnel.SendAsync(TunnelFrame.Error, stream, new ErrorBody("the segment is gone", code));

        Assert.Contains("the segment is gone", (await viewing.RefusedAsync(status, shown)).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Viewer_IsServed_WhenTheBoxWasStillWindingDownAStream()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);

        var viewing = scene.ViewAsync();
        var (busy, _) = await scene.Tunnel.RequestAsync();
        await scene.Tunnel.SendAsync(TunnelFrame.Error, busy, new ErrorBody("4 streams already", ErrorCodes.TooMany));
        var (stream, _) = await scene.Tunnel.RequestAsync();
        await scene.Tunnel.AnswerAsync(stream, [1, 2]);

        Assert.Equal([1, 2], await (await viewing).Content.ReadAsByteArrayAsync());
    }

    [Fact]
    public async Task Viewer_NeverSeesAPage_ThatABoxSent()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);

        var viewing = scene.ViewAsync();
        var (stream, _) = await scene.Tunnel.RequestAsync();
        await scene.Tunnel.AnswerAsync(stream, "<script>alert(1)</script>"u8.ToArray(), type: "text/html");

        await viewing.RefusedAsync(502, ErrorCodes.Unavailable);
    }

    [Fact]
    public async Task Box_IsTold_WhenTheViewerLeaves()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);
        using var leaving = new CancellationTokenSource();

        var viewing = scene.ViewAsync(cancellation: leaving.Token);
        var (stream, _) = await scene.Tunnel.RequestAsync();
        await scene.Tunnel.SendAsync(TunnelFrame.Head, stream, new TunnelResponse(200, "video/mp4", 10_000_000, null));
        await scene.Tunnel.SendAsync(TunnelFrame.Data, stream, new byte[1000]);
        (await viewing).Dispose();
        await leaving.CancelAsync();

        await scene.Tunnel.WaitForAsync(TunnelFrame.Cancel, stream);

        // Bytes that were under way are nobody's; the tunnel lives on.
        await scene.Tunnel.SendAsync(TunnelFrame.Data, stream, new byte[1000]);
        await scene.PlayAsync();
    }

    [Fact]
    public async Task SlowViewer_HoldsUpTheBox_WithinItsCredit()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);
        const int total = 64 * 1024 * 1024;

        using var response = await scene.ViewAsync(answer: async (tunnel, stream) =>
        {
            await tunnel.SendAsync(TunnelFrame.Head, stream, new TunnelResponse(200, "video/mp4", total, null));
        });
        long sent = 0, credit = Tunnel.InitialCredit;
        byte[] piece = new byte[Tunnel.MaxDataBytes];
        Task<(TunnelFrame Kind, uint Stream, byte[] Payload)?>? receiving = null;
        while (sent < total)
        {
            while (credit >= piece.Length)
            {
                await scene.Tunnel.SendAsync(TunnelFrame.Data, scene.LastStream, piece);
                (sent, credit) = (sent + piece.Length, credit - piece.Length);
            }

            receiving ??= scene.Tunnel.ReceiveAsync();
            if (await Task.WhenAny(receiving, Task.Delay(700)) != receiving) break;
            credit += FakeTunnel.CreditOf((await receiving)!.Value.Payload);
            receiving = null;
        }

        // What lies between box and viewer: the credit and what the kernel's socket buffers took, not the whole 64 MiB.
        Assert.InRange(sent, Tunnel.InitialCredit, 24 * 1024 * 1024);
    }

    [Fact]
    public async Task FifthViewer_Waits_ThenIsToldThereAreTooMany()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);
        List<HttpResponseMessage> watching = [];
        for (int i = 0; i < Tunnel.MaxStreams; i++)
            watching.Add(await scene.ViewAsync(answer: (tunnel, stream) => tunnel.SendAsync(TunnelFrame.Head, stream, new TunnelResponse(200, "video/mp4", 1000, null))));

        await scene.ViewAsync().RefusedAsync(503, ErrorCodes.TooMany);
        watching[0].Dispose();
        await scene.Tunnel.WaitForAsync(TunnelFrame.Cancel, 1);
        await scene.PlayAsync();

        foreach (var viewer in watching) viewer.Dispose();
    }

    [Fact]
    public async Task Viewer_SeesABrokenConnection_WhenTheBoxIsLostInTheMiddle()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);
        using var response = await scene.ViewAsync(answer: async (tunnel, stream) =>
        {
            await tunnel.SendAsync(TunnelFrame.Head, stream, new TunnelResponse(200, "video/mp4", 1000, null));
            await tunnel.SendAsync(TunnelFrame.Data, stream, new byte[10]);
        });

        scene.Tunnel.Socket.Abort();

        await Assert.ThrowsAnyAsync<Exception>(() => response.Content.ReadAsByteArrayAsync());
        await scene.Fleet.WaitForAsync("select not exists (select 1 from box_tunnel)");
        await scene.ViewAsync().RefusedAsync(503, ErrorCodes.BoxOffline);
    }

    [Fact]
    public async Task Footage_IsNotFound_ForAnotherTenant()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);
        string stranger = await scene.Fleet.SignInElsewhereAsync("rival");

        await scene.Fleet.GetAsync(stranger, $"/media/{scene.Camera:D}/{Start}.mp4").RefusedAsync(404, ErrorCodes.NotFound);
        Assert.Equal("[]", await (await scene.Fleet.GetAsync(stranger, "/api/v1/boxes")).Content.ReadAsStringAsync());
        Assert.Equal("[]", await (await scene.Fleet.GetAsync(stranger, "/api/v1/cameras")).Content.ReadAsStringAsync());
        Assert.Equal("[]", await (await scene.Fleet.GetAsync(stranger, "/api/v1/sites")).Content.ReadAsStringAsync());
        await scene.Fleet.GetAsync(stranger, $"/api/v1/cameras/{scene.Camera:D}/poster").RefusedAsync(404, ErrorCodes.NotFound);
    }

    [Theory]
    [InlineData("yesterday.mp4")]
    [InlineData("0.avi")]
    [InlineData("99999999999999999999.mp4")]
    [InlineData("-9223372036854775808.mp4")]
    [InlineData("-0001-01-01T00:00:00Z.mp4")]
    [InlineData("9999-12-31T23:59:59-18:00.mp4")]
    public async Task Footage_IsRefused_WhenItsNameIsNoTime(string file)
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite, connect: false);

        await scene.Fleet.GetAsync(scene.Cookie, $"/media/{scene.Camera:D}/{file}").RefusedAsync(400, ErrorCodes.BadRequest);
    }

    [Fact]
    public async Task Viewer_IsServed_ByAReplicaThatDoesNotHoldTheBox()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);
        await using var other = await scene.Fleet.StartReplicaAsync();
        byte[] body = RandomNumberGenerator.GetBytes(700_000);

        var viewing = other.GetAsync(scene.Cookie, $"/media/{scene.Camera:D}/{Start}.mp4");
        var (stream, _) = await scene.Tunnel.RequestAsync();
        var sending = SendWithinCreditAsync(scene.Tunnel, stream, body);
        using var response = await viewing;
        byte[] seen = await response.Content.ReadAsByteArrayAsync();
        await sending;
        var missing = other.GetAsync(scene.Cookie, $"/media/{scene.Camera:D}/0.mp4");
        await scene.Tunnel.SendAsync(TunnelFrame.Error, (await scene.Tunnel.RequestAsync()).Stream, new ErrorBody("no footage there", ErrorCodes.NotFound));

        Assert.True(seen.AsSpan().SequenceEqual(body));
        await missing.RefusedAsync(404, ErrorCodes.NotFound);
        await other.SendAsync(null, HttpMethod.Get, ReplicaClient.Path, change: r => r.Headers.Add(ReplicaTokens.Header, "forged")).RefusedAsync(401, ErrorCodes.Unauthenticated);
    }

    /// <summary>Sends a body as a box does: only within the credit it was given.</summary>
    private static async Task SendWithinCreditAsync(FakeTunnel tunnel, uint stream, byte[] body)
    {
        await tunnel.SendAsync(TunnelFrame.Head, stream, new TunnelResponse(200, "video/mp4", body.Length, null));
        int credit = Tunnel.InitialCredit;
        foreach (byte[] piece in body.Chunk(Tunnel.MaxDataBytes))
        {
            while (credit < piece.Length) credit += FakeTunnel.CreditOf(await tunnel.WaitForAsync(TunnelFrame.Credit, stream));
            await tunnel.SendAsync(TunnelFrame.Data, stream, piece);
            credit -= piece.Length;
        }

        await tunnel.SendAsync(TunnelFrame.End, stream, []);
    }
}
