using System.Collections.Concurrent;
using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Heldar.Local.Drills;
using Heldar.Local.Servers;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Https;

namespace Heldar.Testing;

/// <summary>One request as it came.</summary>
/// <param name="Headers">Lower-case names.</param>
/// <param name="Body">The exact bytes.</param>
/// <param name="Client">Subject of the client certificate, where one was shown.</param>
public sealed record ReceivedRequest(IReadOnlyDictionary<string, string> Headers, byte[] Body, string? Client = null)
{
    /// <summary>The delivery's id.</summary>
    public string Id => Headers["webhook-id"];

    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>How many of the signatures are the secret's, computed here from the specification alone.</summary>
    public int SignedBy(string secret)
    {
        var expected = HookSignature.Of(secret, Id, Headers["webhook-timestamp"], Body);
        return Headers["webhook-signature"].Split(' ').Count(s => s == expected);
    }
}

/// <summary>A real HTTP server in this process that notes every request and answers as the test says. Thread-safe.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly Lock _one = new();
    private LoopbackWeb? _web;
    private int _now;
    private int _most;

    private WebhookReceiver(Func<HttpContext, int, Task> answer) => Answer = answer;

    /// <summary>Where it listens, ending in a slash.</summary>
    public Uri Url => _web!.Url;

    /// <summary>Answers a request; the number counts from 1.</summary>
    public Func<HttpContext, int, Task> Answer { get; set; }

    /// <summary>All requests, in the order in which they came.</summary>
    public ConcurrentQueue<ReceivedRequest> Requests { get; } = [];

    /// <summary>Most requests at once.</summary>
    public int MostAtOnce => Volatile.Read(ref _most);

    /// <summary>Starts one on a free loopback port; it answers 204 unless told otherwise.</summary>
    /// <param name="answer">Answers a request; the number counts from 1.</param>
    /// <param name="tls">Serves https, by default with a certificate that nobody vouches for.</param>
    /// <param name="certificate">The server's certificate.</param>
    /// <param name="clients">Refuses a handshake without a client certificate of this authority.</param>
    public static async Task<WebhookReceiver> StartAsync(Func<HttpContext, int, Task>? answer = null, bool tls = false, X509Certificate2? certificate = null, TestAuthority? clients = null)
    {
        var receiver = new WebhookReceiver(answer ?? ((context, _) => Status(context, 204)));
        receiver._web = await LoopbackWeb.StartAsync(receiver.HandleAsync, l =>
        {
            if (!tls && certificate is null) return;
            l.UseHttps(https =>
            {
                https.ServerCertificate = certificate ?? Certificate();
                if (clients is null) return;
                https.ClientCertificateMode = ClientCertificateMode.RequireCertificate;
                https.ClientCertificateValidation = (client, _, _) => IsOf(clients, client);
            });
        });
        return receiver;
    }

    /// <summary>Answers with a status and nothing else.</summary>
    public static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _web!.DisposeAsync();

    private async Task HandleAsync(HttpContext context)
    {
        using var memory = new MemoryStream();
        await context.Request.Body.CopyToAsync(memory, context.RequestAborted);
        var running = Interlocked.Increment(ref _now);
        for (var most = MostAtOnce; running > most && Interlocked.CompareExchange(ref _most, running, most) != most; most = MostAtOnce)
        {
        }

        try
        {
            int number;
            lock (_one)
            {
                Requests.Enqueue(new(context.Request.Headers.ToDictionary(h => h.Key.ToLower(CultureInfo.InvariantCulture), h => h.Value.ToString(), StringComparer.Ordinal), memory.ToArray(), context.Connection.ClientCertificate?.Subject));
                number = Requests.Count;
            }

            await Answer(context, number);
        }
        finally
        {
            Interlocked.Decrement(ref _now);
        }
    }

    private static bool IsOf(TestAuthority clients, X509Certificate2 client)
    {
        using var chain = new X509Chain { ChainPolicy = { RevocationMode = X509RevocationMode.NoCheck, TrustMode = X509ChainTrustMode.CustomRootTrust, DisableCertificateDownloads = true } };
        chain.ChainPolicy.CustomTrustStore.Add(clients.Root);
        return chain.Build(client);
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=receiver.test", key, HashAlgorithmName.SHA256);
        var began = TimeProvider.System.GetUtcNow().AddDays(-1);
        using var made = request.CreateSelfSigned(began, began.AddDays(10));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }
}
