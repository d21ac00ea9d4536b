using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Heldar.Cloud.Mail;
using Heldar.Cloud.Outgoing;
using Heldar.Cloud.Secrets;
using Heldar.Contracts;
using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>Sends one delivery the way that its address says: an HTTP call, signed and with what the receiver wants to see, or an e-mail. Thread-safe.</summary>
public sealed class DeliverySender(OutgoingClient outgoing, MailClient mail, SecretBox box)
{
    /// <summary>Scheme of endpoints that are e-mail addresses.</summary>
    public const string MailScheme = "mailto:";

    /// <summary>Owner of an endpoint's sealed signing secrets.</summary>
    public static string SecretsOwner(string tenant, Guid endpoint) => $"webhook/{tenant}/{endpoint:D}/secrets";

    /// <summary>Owner of an endpoint's sealed credential.</summary>
    public static string CredentialOwner(string tenant, Guid endpoint) => $"webhook/{tenant}/{endpoint:D}/credential";

    /// <summary>Makes one attempt. Every expected failure is in the answer; only the caller's cancellation throws.</summary>
    internal async Task<OutgoingAnswer> SendAsync(DeliveryClaim claim, Instant now, CancellationToken cancellation)
    {
        try
        {
            return claim.Url.StartsWith(MailScheme, StringComparison.OrdinalIgnoreCase)
                ? await mail.SendAsync(EventMail.Of(claim, now), cancellation)
                : await CallAsync(claim, now, cancellation);
        }
        catch (Exception wrong) when (wrong is CryptographicException or JsonException)
        {
            return OutgoingAnswer.Failed(OutgoingFailure.Setup, $"the endpoint's secrets do not open: {wrong.Message}");
        }
    }

    private async Task<OutgoingAnswer> CallAsync(DeliveryClaim claim, Instant now, CancellationToken cancellation)
    {
        var secrets = JsonSerializer.Deserialize<List<WebhookSecret>>(box.Open(claim.Secrets, SecretsOwner(claim.Tenant, claim.Endpoint)), HeldarJson.Options)!;
        var credential = claim.Credential is { } text ? ReceiverCredential.Parse(box.Open(text, CredentialOwner(claim.Tenant, claim.Endpoint))) : null;
        using var request = new HttpRequestMessage(HttpMethod.Post, claim.Url) { Content = new ByteArrayContent(claim.Body) };
        request.Content.Headers.ContentType = new("application/cloudevents+json") { CharSet = "utf-8" };
        request.Headers.UserAgent.ParseAdd("Heldar-Webhooks/1.0");
        request.Headers.Add(WebhookSignature.IdHeader, claim.Delivery);
        request.Headers.Add(WebhookSignature.TimestampHeader, now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Sign(secrets, claim.Delivery, now, claim.Body));
        if (credential?.Token is { } token) request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);
        if (credential?.Pfx is not { } pfx) return await outgoing.SendAsync(request, cancellation);
        var chain = X509CertificateLoader.LoadPkcs12Collection(pfx, null, X509KeyStorageFlags.EphemeralKeySet);
        try
        {
            // Offline: a certificate may name issuers by URL, and nothing is fetched that somebody named.
            var own = SslStreamCertificateContext.Create(chain.First(c => c.HasPrivateKey), chain, offline: true);
            return await outgoing.SendAsync(request, own, cancellation);
        }
        finally
        {
            foreach (var one in chain) one.Dispose();
        }
    }
}
