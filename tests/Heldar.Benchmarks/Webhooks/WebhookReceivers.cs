using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Heldar.Local.Processes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Heldar.Benchmarks.Webhooks;

/// <summary>
/// The receivers, in this process: one server that notes when each event first arrived, one address where nobody listens, and one that accepts and never answers. Thread-safe.
/// </summary>
internal sealed class WebhookReceivers : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _held = [];
    private readonly int _nobody = Ports.Free();
    private Uri? _url;
    private Task? _accepting;

    private WebhookReceivers(WebApplication app) => _app = app;

    /// <summary>When each event first arrived, by its id.</summary>
    public ConcurrentDictionary<string, DateTimeOffset> Arrived { get; } = new(StringComparer.Ordinal);

    public static async Task<WebhookReceivers> StartAsync()
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0));
        var receivers = new WebhookReceivers(builder.Build());
        receivers._app.MapPost("/well/{n:int}", receivers.TakeAsync);
        receivers._app.MapPost("/broken", () => Results.StatusCode(500));
        await receivers._app.StartAsync();
        receivers._url = new Uri(((IApplicationBuilder)receivers._app).ServerFeatures.Get<IServerAddressesFeature>()!.Addresses.Single());
        receivers._silent.Start();
        receivers._accepting = receivers.AcceptAsync();
        return receivers;
    }

    /// <summary>Where endpoint <paramref name="n"/> is when it is well.</summary>
    public Uri Well(int n) => new(_url!, string.Create(CultureInfo.InvariantCulture, $"/well/{n}"));

    /// <summary>Where it is when it is dead: two refuse, two never answer, one answers 500.</summary>
    public Uri Dead(int n) => n switch
    {
        0 or 1 => new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_nobody}/{n}")),
        2 or 3 => new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_silent.LocalEndpoint).Port}/{n}")),
        _ => new Uri(_url!, "/broken"),
    };

    public async ValueTask DisposeAsync()
    {
        _silent.Stop();
        if (_accepting is not null) await _accepting;
        foreach (var one in _held) one.Dispose();
        await _app.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        using var json = await JsonDocument.ParseAsync(context.Request.Body, default, context.RequestAborted);
        Arrived.TryAdd(json.RootElement.GetProperty("id").GetString()!, TimeProvider.System.GetUtcNow());
        context.Response.StatusCode = StatusCodes.Status204NoContent;
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true) _held.Add(await _silent.AcceptTcpClientAsync());
        }
        catch (Exception stopped) when (stopped is SocketException or ObjectDisposedException)
        {
        }
    }
}
