using Heldar.Cloud.Mail;
using Heldar.Cloud.Webhooks;
using Heldar.Functions.Tests.Pipeline;
using Heldar.Testing;
using NodaTime;

namespace Heldar.Functions.Tests.Webhooks;

/// <summary>Events that become e-mails, by the same deliveries as web requests.</summary>
public sealed class MailDeliveryTests(PostgresFixture postgres, AzuriteFixture azurite)
{
    [Fact]
    public async Task Event_BecomesAnEmail_AndARefusalComesAgain()
    {
        await using var server = await MailServer.StartAsync(cancellation: TestContext.Current.CancellationToken);
        await using var scene = await WebhookScene.CreateAsync(postgres, azurite, o => o with { Mail = new MailOptions { Host = "localhost", Port = server.Port, InTheClear = true, From = "heldar@example.org" } });
        await scene.AddEndpointAsync(new Uri("mailto:duty@example.com"));
        await scene.AddEndpointAsync(new Uri("mailto:full@example.com"));

        await scene.SendAsync(scene.Crossing());

        var mail = Assert.Single(server.Received);
        Assert.Equal("duty@example.com", Assert.Single(mail.To));
        Assert.Contains("Subject: Zone: Gate, person, cross_ab, warning (depot)", mail.Content, StringComparison.Ordinal);
        Assert.Equal("452 status pending", await scene.ScalarAsync<string>("select a.status || ' ' || a.failure || ' ' || d.state from webhook_attempt a join webhook_delivery d using (tenant, delivery) where a.failure is not null"));
        await scene.LaterAsync(Duration.FromMinutes(2));
        Assert.Equal(3, await scene.ScalarAsync<long>("select count(*) from webhook_attempt"));
        Assert.Single(server.Received);
    }

    [Fact]
    public async Task Worker_SendsByStartTlsWithItsLogin()
    {
        using var authority = new TestAuthority();
        using var certificate = authority.Issue("mail.test", server: true);
        await using var server = await MailServer.StartAsync(certificate, "heldar:p@ss:word", TestContext.Current.CancellationToken);
        await using var scene = await Scene.CreateAsync(postgres, azurite);
        var (cloud, box, camera) = scene;
        await WebhookScene.AddEndpointAsync(cloud, new Uri("mailto:duty@example.com"), WebhookSignature.NewSecret(), false, new EventFilter());
        var trusted = TemporaryFolder.Create("trusted");
        try
        {
            var file = Path.Combine(trusted, "ca.pem");
            await File.WriteAllTextAsync(file, authority.Root.ExportCertificatePem(), TestContext.Current.CancellationToken);
            await using var front = await RunningFront.WorkerAsync(cloud, new Dictionary<string, string>
            {
                // OpenSSL's own variable: the system's authorities of that process.
                ["SSL_CERT_FILE"] = file,
                [MailOptions.ServerVariable] = $"smtp://heldar:p%40ss%3Aword@localhost:{server.Port}",
                [MailOptions.FromVariable] = "heldar@example.org",
            });

            await cloud.SendAsync(box.Seal([WebhookScene.CrossingOf(box, camera, Scene.Now, 1)], Contracts.Events.EventClass.Alert), Contracts.Queues.QueueNames.Detections);
            await Pipeline.Cloud.UntilAsync("the e-mail is there", () => Task.FromResult(server.Received.Count == 1));

            Assert.Equal((true, true), (server.Received[0].Tls, server.Received[0].Login));
        }
        finally
        {
            TemporaryFolder.Delete(trusted);
        }
    }
}
