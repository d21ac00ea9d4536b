using System.Security.Cryptography.X509Certificates;
using Heldar.Cloud.Secrets;
using Heldar.Cloud.Webhooks;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.Webhooks;

/// <summary>What receivers are shown besides the signature, with real TLS receivers, and what happens when a secret does not open.</summary>
public sealed class CredentialTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Fact]
    public async Task BearerToken_IsShownToItsReceiverAlone()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite);
        await using var receiver = await WebhookReceiver.StartAsync((context, _) => WebhookReceiver.Status(context, context.Request.Headers.Authorization == "Bearer t0ken" ? 200 : 401));
        await using var other = await WebhookReceiver.StartAsync();
        await scene.ShowAsync(await scene.AddEndpointAsync(receiver.Url), ReceiverCredential.OfToken("t0ken")!);
        await scene.AddEndpointAsync(other.Url);

        await scene.SendAsync(scene.Crossing());

        Assert.Equal(2, await scene.ScalarAsync<long>("select count(*) from webhook_delivery where state = 'delivered'"));
        Assert.DoesNotContain("authorization", Assert.Single(other.Requests).Headers.Keys);
    }

    [Fact]
    public async Task Certificate_IsShownToAReceiverThatDemandsIt_AndWithoutItNothingArrives()
    {
        using var authority = new TestAuthority();
        using var server = authority.Issue("receiver.test", server: true);
        using var client = authority.Issue("heldar", server: false);
        await using var receiver = await WebhookReceiver.StartAsync(certificate: server, clients: authority);
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite, o => o with { OutgoingRoots = [authority.Root] });
        var endpoint = await scene.AddEndpointAsync(receiver.Url);

        await scene.SendAsync(scene.Crossing());
        Assert.Empty(receiver.Requests);
        Assert.Contains(await scene.ScalarAsync<string>("select failure from webhook_attempt"), new[] { "tls", "connection" });
        await scene.ShowAsync(endpoint, ReceiverCredential.OfCertificate(Convert.ToBase64String(client.Export(X509ContentType.Pkcs12, "pw")), "pw", scene.Clock.GetCurrentInstant()));
        await scene.LaterAsync(Duration.FromMinutes(2));

        Assert.Equal("CN=heldar", Assert.Single(receiver.Requests).Client);
        Assert.Equal("delivered", await scene.ScalarAsync<string>("select state from webhook_delivery"));
    }

    [Fact]
    public async Task Certificate_IsNotLentToAnotherEndpointOfTheSameHost()
    {
        using var authority = new TestAuthority();
        using var server = authority.Issue("receiver.test", server: true);
        using var client = authority.Issue("heldar", server: false);
        await using var receiver = await WebhookReceiver.StartAsync(certificate: server, clients: authority);
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite, o => o with { OutgoingRoots = [authority.Root] });
        var with = await scene.AddEndpointAsync(new Uri(receiver.Url, "/with"));
        await scene.ShowAsync(with, ReceiverCredential.OfCertificate(Convert.ToBase64String(client.Export(X509ContentType.Pkcs12)), null, scene.Clock.GetCurrentInstant()));
        var without = await scene.AddEndpointAsync(new Uri(receiver.Url, "/without"));

        for (var n = 0; n < 3; n++) await scene.SendAsync(scene.Crossing(n));

        Assert.Equal(3, receiver.Requests.Count);
        Assert.Equal(0, await scene.ScalarAsync<long>($"select count(*) from webhook_delivery where endpoint = '{without}' and state = 'delivered'"));
    }

    [Fact]
    public async Task Secret_ThatDoesNotOpen_IsAFailedAttempt_AndSendsNothingUnsigned()
    {
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite, o => o with { Secrets = SecretBox.None });
        await using var receiver = await WebhookReceiver.StartAsync();
        await scene.AddEndpointAsync(receiver.Url);

        await scene.SendAsync(scene.Crossing());

        Assert.Empty(receiver.Requests);
        Assert.Equal("setup", await scene.ScalarAsync<string>("select failure from webhook_attempt"));
        Assert.Contains(SecretBox.Variable, await scene.ScalarAsync<string>("select detail from webhook_attempt"), StringComparison.Ordinal);
    }
}
