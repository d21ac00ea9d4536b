using Heldar.Local.Servers;
using Microsoft.AspNetCore.Http;

namespace Heldar.Local.Capacity;

/// <summary>A receiver of webhooks on loopback that takes everything and counts it. Thread-safe.</summary>
internal sealed class WebhookSink : IAsyncDisposable
{
    private LoopbackWeb _web = null!;
    private long _requests;
    private long _bytes;

    private WebhookSink()
    {
    }

    public Uri Url => _web.Url;

    /// <summary>Requests and the bytes of their bodies so far.</summary>
    public (long Requests, long Bytes) Taken => (Interlocked.Read(ref _requests), Interlocked.Read(ref _bytes));

    public static async Task<WebhookSink> StartAsync()
    {
        var sink = new WebhookSink();
        sink._web = await LoopbackWeb.StartAsync(sink.TakeAsync);
        return sink;
    }

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => _web.DisposeAsync();

    private async Task TakeAsync(HttpContext context)
    {
        var buffer = new byte[16 * 1024];
        long bytes = 0;
        for (int read; (read = await context.Request.Body.ReadAsync(buffer, context.RequestAborted)) > 0;) bytes += read;
        Interlocked.Add(ref _bytes, bytes);
        Interlocked.Increment(ref _requests);
        context.Response.StatusCode = 204;
    }
}
