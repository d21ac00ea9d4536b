using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Heldar.Cloud.Outgoing;
using Heldar.Testing;

namespace Heldar.Cloud.Tests.Outgoing;

/// <summary>Whose certificate is believed, with real TLS servers on loopback.</summary>
public sealed class OutgoingTrustTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Server_IsBelieved_WhenItsAuthorityIs_AndTheNameIsItsOwn()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("receiver.test", server: true);
        await using var receiver = await WebhookReceiver.StartAsync(certificate: certificate);
        using var client = new OutgoingClient(new() { AllowLoopback = true, Roots = [authority.Root] }, TimeProvider.System, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Loopback]));

        Assert.Equal(204, (await PostAsync(client, receiver.Url)).Status);
        Assert.Equal(204, (await PostAsync(client, new Uri($"https://localhost:{receiver.Url.Port}/"))).Status);
        Assert.Equal(OutgoingFailure.Tls, (await PostAsync(client, new Uri($"https://other.example:{receiver.Url.Port}/"))).Failure);
        Assert.Equal(2, receiver.Requests.Count);
    }

    [Fact]
    public async Task Server_IsNotBelieved_WhenItsCertificateHasEnded_OrIsOfAnotherAuthority()
    {
        using var authority = new TestAuthority();
        using var stranger = new TestAuthority();
        using var ended = authority.Issue("ended", server: true, days: 0.5);
        using var ofStranger = stranger.Issue("strange", server: true);
        using var client = new OutgoingClient(new() { AllowLoopback = true, Roots = [authority.Root] }, TimeProvider.System);

        foreach (var certificate in new[] { ended, ofStranger })
        {
            await using var receiver = await WebhookReceiver.StartAsync(certificate: certificate);
            Assert.Equal(OutgoingFailure.Tls, (await PostAsync(client, receiver.Url)).Failure);
            Assert.Empty(receiver.Requests);
        }
    }

    [Fact]
    public async Task Issuer_ThatACertificateNamesByUrl_IsNotFetched()
    {
        using var authority = new TestAuthority();
        await using var trap = await WebhookReceiver.StartAsync();
        using var certificate = authority.Issue("receiver.test", server: true, issuersAt: new Uri(trap.Url, "/issuer.cer"));
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var serving = ServeAsync(listener, certificate);
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        using var client = new OutgoingClient(new() { AllowLoopback = true }, TimeProvider.System);

        Assert.Equal(OutgoingFailure.Tls, (await PostAsync(client, new Uri($"https://localhost:{port}/"))).Failure);
        Assert.Empty(trap.Requests);

        // The trap works: who leaves the framework's policy alone fetches.
        using (var careless = new TcpClient())
        {
            await careless.ConnectAsync(IPAddress.Loopback, port, Token);
            await using var tls = new SslStream(careless.GetStream());
            await Assert.ThrowsAsync<AuthenticationException>(() => tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = "localhost" }, Token));
        }

        Assert.NotEmpty(trap.Requests);
        listener.Stop();
        await serving;
    }

    private static async Task ServeAsync(TcpListener listener, X509Certificate2 certificate)
    {
        // Offline: a server fetches its own issuers too otherwise.
        var own = SslStreamCertificateContext.Create(certificate, null, offline: true);
        while (true)
        {
            try
            {
                using var one = await listener.AcceptTcpClientAsync(Token);
                await using var tls = new SslStream(one.GetStream());
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificateContext = own }, Token);
                await tls.CopyToAsync(Stream.Null, Token);
            }
            catch (Exception refused) when (refused is AuthenticationException or IOException)
            {
            }
            catch (Exception stopped) when (stopped is SocketException or InvalidOperationException)
            {
                return;
            }
        }
    }

    private static async Task<OutgoingAnswer> PostAsync(OutgoingClient client, Uri url)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, url) { Content = new StringContent("hello") };
        return await client.SendAsync(request, Token);
    }
}
