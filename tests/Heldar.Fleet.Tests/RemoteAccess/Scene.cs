using Heldar.Fleet.Tests.Hosting;
using Heldar.Testing;

namespace Heldar.Fleet.Tests.RemoteAccess;

/// <summary>A replica, a person signed in, a box with one camera and, usually, its tunnel.</summary>
internal sealed class Scene : IAsyncDisposable
{
    private Scene(FleetHost fleet, string cookie, FakeBox box, Guid camera, FakeTunnel? tunnel) => (Fleet, Cookie, Box, Camera, Tunnel) = (fleet, cookie, box, camera, tunnel!);

    public FleetHost Fleet { get; }

    public string Cookie { get; }

    public FakeBox Box { get; }

    public Guid Camera { get; }

    public FakeTunnel Tunnel { get; }

    /// <summary>The stream of the last request that <see cref="ViewAsync"/> answered.</summary>
    public uint LastStream { get; private set; }

    public static async Task<Scene> OpenAsync(PostgresFixture postgres, AzuriteFixture azurite, bool connect = true)
    {
        var fleet = await FleetHost.StartAsync(postgres, azurite);
        string cookie = await fleet.SignInAsync();
        var box = await FakeBox.EnrolledAsync(fleet);
        var camera = await box.AddCameraAsync("cam00");
        return new Scene(fleet, cookie, box, camera, connect ? await box.ConnectAsync() : null);
    }

    /// <summary>Asks for footage; <paramref name="answer"/> plays the box.</summary>
    public async Task<HttpResponseMessage> ViewAsync(Action<HttpRequestMessage>? change = null, Func<FakeTunnel, uint, Task>? answer = null, CancellationToken cancellation = default)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(Fleet.Url, $"/media/{Camera:D}/2026-11-21T04:37:00.25Z.mp4"));
        request.Headers.Add("Cookie", Cookie);
        change?.Invoke(request);
        var viewing = Fleet.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellation);
        if (answer is not null)
        {
            (LastStream, _) = await Tunnel.RequestAsync();
            await answer(Tunnel, LastStream);
        }

        return await viewing;
    }

    /// <summary>Plays a few bytes: the tunnel works.</summary>
    public async Task PlayAsync()
    {
        using var response = await ViewAsync(answer: (tunnel, stream) => tunnel.AnswerAsync(stream, [1, 2, 3]));
        Assert.Equal([1, 2, 3], await response.Content.ReadAsByteArrayAsync());
    }

    public async ValueTask DisposeAsync()
    {
        Tunnel?.Dispose();
        Box.Dispose();
        await Fleet.DisposeAsync();
    }
}
