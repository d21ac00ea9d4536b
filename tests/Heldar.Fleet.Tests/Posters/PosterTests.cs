using Heldar.Contracts;
using Heldar.Contracts.Api;
using Heldar.Fleet.Posters;
using Heldar.Fleet.Tests.Hosting;
using Heldar.Fleet.Tests.RemoteAccess;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Fleet.Tests.Posters;

public sealed class PosterTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    private static readonly byte[] Jpeg = [0xFF, 0xD8, 0xFF, 0xE0, 1, 2, 3];

    [Fact]
    public async Task Poster_ComesFromTheBox_ThenFromTheDatabaseWhenItIsAway()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);

        var asking = PosterAsync(scene);
        var (stream, request) = await scene.Tunnel.RequestAsync();
        await scene.Tunnel.AnswerAsync(stream, Jpeg, "image/jpeg");
        using var live = await asking;
        var taken = scene.Fleet.Clock.GetCurrentInstant();
        using var again = await PosterAsync(scene);
        await scene.Tunnel.Socket.CloseOutputAsync(System.Net.WebSockets.WebSocketCloseStatus.NormalClosure, null, CancellationToken.None);
        await scene.Fleet.WaitForAsync("select not exists (select 1 from box_tunnel)");
        scene.Fleet.Clock.Advance(Duration.FromHours(2));
        using var kept = await PosterAsync(scene);

        Assert.Equal(new TunnelRequest("GET", $"/poster/{scene.Camera:D}", null), request);
        foreach (var (response, origin) in new[] { (live, "live"), (again, "live"), (kept, "kept") })
        {
            Assert.Equal(("image/jpeg", origin), (response.Content.Headers.ContentType!.MediaType, response.Headers.GetValues(PosterEndpoints.OriginHeader).Single()));
            Assert.Equal(InstantText.Format(taken), response.Headers.GetValues(PosterEndpoints.TimeHeader).Single());
            Assert.Equal(Jpeg, await response.Content.ReadAsByteArrayAsync());
        }
    }

    [Fact]
    public async Task Poster_IsNotFound_WhenNoneWasEverSeen()
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite, connect: false);

        await PosterAsync(scene).RefusedAsync(404, ErrorCodes.NotFound);
        await scene.Fleet.GetAsync(scene.Cookie, $"/api/v1/cameras/{Guid.NewGuid():D}/poster").RefusedAsync(404, ErrorCodes.NotFound);
    }

    [Theory]
    [InlineData("image/svg+xml", 10)]
    [InlineData("image/jpeg", 10)]
    [InlineData("image/jpeg", PosterStore.MaxBytes + 1)]
    public async Task Poster_IsNotKept_WhenItIsNoJpegOrTooLarge(string type, int bytes)
    {
        await using var scene = await Scene.OpenAsync(postgres, azurite);
        byte[] wrong = new byte[bytes];
        if (bytes > PosterStore.MaxBytes) Jpeg.CopyTo(wrong, 0);

        var asking = PosterAsync(scene);
        var (stream, _) = await scene.Tunnel.RequestAsync();
        await scene.Tunnel.SendAsync(TunnelFrame.Head, stream, new TunnelResponse(200, type, null, null));
        for (int at = 0; at < wrong.Length; at += Tunnel.MaxDataBytes) await scene.Tunnel.SendAsync(TunnelFrame.Data, stream, wrong[at..Math.Min(wrong.Length, at + Tunnel.MaxDataBytes)]);
        await scene.Tunnel.SendAsync(TunnelFrame.End, stream, []);

        await asking.RefusedAsync(404, ErrorCodes.NotFound);
        Assert.Equal(0, await scene.Fleet.ScalarAsync<long>("select count(*) from poster"));
    }

    private static Task<HttpResponseMessage> PosterAsync(Scene scene) => scene.Fleet.GetAsync(scene.Cookie, $"/api/v1/cameras/{scene.Camera:D}/poster");
}
