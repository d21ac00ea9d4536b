using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Heldar.Testing;

/// <summary>One request as it came.</summary>
/// <param name="Headers">Lower-case names.</param>
/// <param name="Body">The exact bytes.</param>
public sealed record ReceivedRequest(IReadOnlyDictionary<string, string> Headers, byte[] Body)
{
    /// <summary>The delivery's id.</summary>
    public string Id => Headers["webhook-id"];

    /// <summary>The body as text.</summary>
    public string Text => Encoding.UTF8.GetString(Body);

    /// <summary>How many of the signatures are the secret's, computed here from the specification alone.</summary>
    public int SignedBy(string secret)
    {
        var key = Convert.FromBase64String(secret["whsec_".Length..]);
        byte[] content = [.. Encoding.UTF8.GetBytes($"{Id}.{Headers["webhook-timestamp"]}."), .. Body];
        var expected = "v1," + Convert.ToBase64String(HMACSHA256.HashData(key, content));
        return Headers["webhook-signature"].Split(' ').Count(s => s == expected);
    }
}

/// <summary>A real HTTP server in this process that notes every request and answers as the test says. Thread-safe.</summary>
public sealed class WebhookReceiver : IAsyncDisposable
{
    private readonly Lock _one = new();
    private readonly WebApplication _app;
    private int _now;
    private int _most;

    private WebhookReceiver(WebApplication app, Func<HttpContext, int, Task> answer)
    {
        _app = app;
        Answer = answer;
    }

    /// <summary>Where it listens, ending in a slash.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Answers a request; the number counts from 1.</summary>
    public Func<HttpContext, int, Task> Answer { get; set; }

    /// <summary>All requests, in the order in which they came.</summary>
    public ConcurrentQueue<ReceivedRequest> Requests { get; } = [];

    /// <summary>Most requests at once.</summary>
    public int MostAtOnce => Volatile.Read(ref _most);

    /// <summary>Starts one on a free loopback port; it answers 204 unless told otherwise.</summary>
    public static async Task<WebhookReceiver> StartAsync(Func<HttpContext, int, Task>? answer = null, bool tls = false)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, l =>
        {
            if (tls) l.UseHttps(Certificate());
        }));
        var app = builder.Build();
        var receiver = new WebhookReceiver(app, answer ?? ((context, _) => Status(context, 204)));
        app.Run(receiver.HandleAsync);
        await app.StartAsync();
        receiver.Url = new Uri(((IApplicationBuilder)app).ServerFeatures.Get<IServerAddressesFeature>()!.Addresses.Single() + "/");
        return receiver;
    }

    /// <summary>Answers with a status and nothing else.</summary>
    public static Task Status(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }

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
                Requests.Enqueue(new(context.Request.Headers.ToDictionary(h => h.Key.ToLower(CultureInfo.InvariantCulture), h => h.Value.ToString(), StringComparer.Ordinal), memory.ToArray()));
                number = Requests.Count;
            }

            await Answer(context, number);
        }
        finally
        {
            Interlocked.Decrement(ref _now);
        }
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
