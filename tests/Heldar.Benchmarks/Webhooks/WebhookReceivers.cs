using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Heldar.Local.Processes;
using Heldar.Local.Servers;
using Microsoft.AspNetCore.Http;

namespace Heldar.Benchmarks.Webhooks;

/// <summary>
/// The receivers, in this process: one server that notes when each event first arrived, one address where nobody listens, and one that accepts and never answers. Thread-safe.
/// </summary>
internal sealed class WebhookReceivers : IAsyncDisposable
{
    private readonly TcpListener _silent = new(IPAddress.Loopback, 0);
    private readonly ConcurrentBag<TcpClient> _held = [];
    private readonly int _nobody = Ports.Free();
    private LoopbackWeb? _web;
    private Task? _accepting;

    private WebhookReceivers()
    {
    }

    /// <summary>When each event first arrived, by its id.</summary>
    public ConcurrentDictionary<string, DateTimeOffset> Arrived { get; } = new(StringComparer.Ordinal);

    public static async Task<WebhookReceivers> StartAsync()
    {
        var receivers = new WebhookReceivers();
        receivers._web = await LoopbackWeb.StartAsync(receivers.TakeAsync);
        receivers._silent.Start();
        receivers._accepting = receivers.AcceptAsync();
        return receivers;
    }

    /// <summary>Where endpoint <paramref name="n"/> is when it is well.</summary>
    public Uri Well(int n) => new(_web!.Url, string.Create(CultureInfo.InvariantCulture, $"well/{n}"));

    /// <summary>Where it is when it is dead: two refuse, two never answer, one answers 500.</summary>
    public Uri Dead(int n) => n switch
    {
        0 or 1 => new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{_nobody}/{n}")),
        2 or 3 => new Uri(string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{((IPEndPoint)_silent.LocalEndpoint).Port}/{n}")),
        _ => new Uri(_web!.Url, "broken"),
    };

    public async ValueTask DisposeAsync()
    {
        _silent.Stop();
        if (_accepting is not null) await _accepting;
        foreach (var one in _held) one.Dispose();
        if (_web is not null) await _web.DisposeAsync();
    }

    private async Task TakeAsync(HttpContext context)
    {
        if (context.Request.Path == "/broken")
        {
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
            return;
        }

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
