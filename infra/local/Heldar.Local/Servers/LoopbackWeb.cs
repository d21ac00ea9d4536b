using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Logging;

namespace Heldar.Local.Servers;

/// <summary>A web server within this process, on a free port of 127.0.0.1: what drills, benchmarks, the capacity check and tests receive webhooks with. Handlers are called by many threads at once.</summary>
internal sealed class LoopbackWeb : IAsyncDisposable
{
    private readonly WebApplication _app;

    private LoopbackWeb(WebApplication app) =>
        (_app, Url) = (app, new Uri(((IApplicationBuilder)app).ServerFeatures.Get<IServerAddressesFeature>()!.Addresses.Single() + "/"));

    /// <summary>Where it listens, ending in a slash.</summary>
    public Uri Url { get; }

    /// <summary>Starts one.</summary>
    /// <param name="handle">Answers every request.</param>
    /// <param name="listen">Changes how it listens, for TLS; null is plain HTTP.</param>
    public static async Task<LoopbackWeb> StartAsync(RequestDelegate handle, Action<ListenOptions>? listen = null)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.WebHost.ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0, options => listen?.Invoke(options)));
        WebApplication app = builder.Build();
        app.Run(handle);
        try
        {
            await app.StartAsync();
            return new LoopbackWeb(app);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    /// <summary>Stops at once: calls that still run are cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
    }
}
