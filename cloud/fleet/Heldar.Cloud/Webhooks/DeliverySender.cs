using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Heldar.Cloud.Mail;
using Heldar.Cloud.Outgoing;
using Heldar.Cloud.Secrets;
using Heldar.Cloud.Traces;
using Heldar.Contracts;
using Heldar.Contracts.Events;
using Microsoft.Extensions.Logging;
using NodaTime;

namespace Heldar.Cloud.Webhooks;

/// <summary>
/// Sends one delivery the way that its address says: an HTTP call, signed and with what the receiver wants to see, or an e-mail. Says by the event's id what came
/// of it, and hands the event's trace on. Thread-safe.
/// </summary>
public sealed partial class DeliverySender(OutgoingClient outgoing, MailClient mail, SecretBox box, ILogger<DeliverySender> log)
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
        var head = EventHead.Of(claim.Body);
        using var span = PipelineTraces.Deliver(TraceContext.Of(head.Traceparent, head.Tracestate), head.Id, head.Type, claim.Delivery, claim.Endpoint);
        var answer = await TryAsync(claim, span, now, cancellation);
        if (answer.Status is { } status) span?.SetTag("http.response.status_code", status);
        if (answer.IsGood)
        {
            LogDelivered(head.Id, claim.Delivery, claim.Endpoint, claim.Tries + 1);
            return answer;
        }

        var failure = answer.Failure?.ToString() ?? (answer.Status ?? 0).ToString(CultureInfo.InvariantCulture);
        span?.SetStatus(ActivityStatusCode.Error).SetTag("error.type", failure);
        LogFailed(head.Id, claim.Delivery, claim.Endpoint, claim.Tries + 1, failure);
        return answer;
    }

    private async Task<OutgoingAnswer> TryAsync(DeliveryClaim claim, Activity? span, Instant now, CancellationToken cancellation)
    {
        try
        {
            return claim.Url.StartsWith(MailScheme, StringComparison.OrdinalIgnoreCase)
                ? await mail.SendAsync(EventMail.Of(claim, now), cancellation)
                : await CallAsync(claim, span, now, cancellation);
        }
        catch (Exception wrong) when (wrong is CryptographicException or JsonException)
        {
            return OutgoingAnswer.Failed(OutgoingFailure.Setup, $"the endpoint's secrets do not open: {wrong.Message}");
        }
    }

    private async Task<OutgoingAnswer> CallAsync(DeliveryClaim claim, Activity? span, Instant now, CancellationToken cancellation)
    {
        var secrets = JsonSerializer.Deserialize<List<WebhookSecret>>(box.Open(claim.Secrets, SecretsOwner(claim.Tenant, claim.Endpoint)), HeldarJson.Options)!;
        var credential = claim.Credential is { } text ? ReceiverCredential.Parse(box.Open(text, CredentialOwner(claim.Tenant, claim.Endpoint))) : null;
        using var request = new HttpRequestMessage(HttpMethod.Post, claim.Url) { Content = new ByteArrayContent(claim.Body) };
        request.Content.Headers.ContentType = new("application/cloudevents+json") { CharSet = "utf-8" };
        request.Headers.UserAgent.ParseAdd("Heldar-Webhooks/1.0");
        request.Headers.Add(WebhookSignature.IdHeader, claim.Delivery);
        request.Headers.Add(WebhookSignature.TimestampHeader, now.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture));
        request.Headers.Add(WebhookSignature.SignatureHeader, WebhookSignature.Sign(secrets, claim.Delivery, now, claim.Body));
        if (span is not null)
        {
            // The client itself sends none: nothing but this decides what receivers are told.
            span.SetTag("http.request.method", "POST").SetTag("server.address", request.RequestUri!.Host);
            request.Headers.Add("traceparent", TraceContext.ParentOf(span.Context));
            if (TraceContext.StateOf(span.Context) is { } state) request.Headers.TryAddWithoutValidation("tracestate", state);
        }

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

    [LoggerMessage(4701, LogLevel.Debug, "event {EventId} was delivered as {Delivery} to endpoint {Endpoint} by try {Try}")]
    private partial void LogDelivered(string eventId, string delivery, Guid endpoint, int @try);

    [LoggerMessage(4702, LogLevel.Information, "event {EventId} was not delivered as {Delivery} to endpoint {Endpoint} by try {Try}: {Failure}")]
    private partial void LogFailed(string eventId, string delivery, Guid endpoint, int @try, string failure);
}
