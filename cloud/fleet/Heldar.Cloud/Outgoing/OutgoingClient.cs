using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using NodaTime;

namespace Heldar.Cloud.Outgoing;

/// <summary>
/// The one way out to addresses that customers named. Each connection resolves the name, checks every address and connects to one that was checked, so a name
/// that resolves to something else a moment later gains nothing; TLS checks the host name; no redirect, proxy or cookie is followed; time and answer are bounded.
/// Thread-safe.
/// </summary>
public sealed class OutgoingClient : IDisposable
{
    private readonly OutgoingOptions _options;
    private readonly TimeProvider _time;
    private readonly Func<string, CancellationToken, Task<IPAddress[]>> _resolve;
    private readonly HttpClient _http;

    public OutgoingClient(OutgoingOptions options, TimeProvider time)
        : this(options, time, Dns.GetHostAddressesAsync)
    {
    }

    internal OutgoingClient(OutgoingOptions options, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>> resolve)
    {
        (_options, _time, _resolve) = (options, time, resolve);
        _http = new(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                AutomaticDecompression = DecompressionMethods.None,
                UseCookies = false,
                UseProxy = false,
                Credentials = null,
                MaxResponseHeadersLength = 16,
                MaxResponseDrainSize = 0,
                PooledConnectionLifetime = TimeSpan.FromMinutes(1),
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(20),
                ActivityHeadersPropagator = null,
                ConnectCallback = ConnectAsync,
            },
            disposeHandler: true)
        { Timeout = Timeout.InfiniteTimeSpan };
    }

    /// <summary>Sends a request and reads its whole answer. Every expected failure is in the answer; only the caller's cancellation throws.</summary>
    public async Task<OutgoingAnswer> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (AddressRules.Mistake(request.RequestUri?.OriginalString, _options.AllowLoopback) is { } mistake) return OutgoingAnswer.Failed(OutgoingFailure.Refused, mistake);
        using var limit = new CancellationTokenSource(_options.Total, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, both.Token);
            return await ReadAsync(response, both.Token) is { } body
                ? new((int)response.StatusCode, body, RetryAfter(response), null, null)
                : OutgoingAnswer.Failed(OutgoingFailure.TooLarge, $"the answer has more than {_options.MaxAnswer} bytes");
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            return OutgoingAnswer.Failed(OutgoingFailure.Timeout, $"no whole answer within {_options.Total.TotalSeconds:0.#} s");
        }
        catch (Exception fault) when (fault is HttpRequestException or IOException or RefusedAddressException)
        {
            return Failed(fault);
        }
    }

    public void Dispose() => _http.Dispose();

    private static OutgoingAnswer Failed(Exception fault)
    {
        for (var inner = fault; inner is not null; inner = inner.InnerException)
        {
            if (inner is RefusedAddressException) return OutgoingAnswer.Failed(OutgoingFailure.Refused, inner.Message);
            if (inner is AuthenticationException) return OutgoingAnswer.Failed(OutgoingFailure.Tls, inner.Message);
            if (inner is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.TryAgain or SocketError.NoData }) return OutgoingAnswer.Failed(OutgoingFailure.NoSuchHost, "the name does not resolve");
        }

        var protocol = fault is HttpRequestException { HttpRequestError: HttpRequestError.InvalidResponse or HttpRequestError.ConfigurationLimitExceeded or HttpRequestError.HttpProtocolError };
        return OutgoingAnswer.Failed(protocol ? OutgoingFailure.Protocol : OutgoingFailure.Connection, fault.Message);
    }

    private async Task<byte[]?> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentLength > _options.MaxAnswer) return null;
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var kept = new MemoryStream();
        var buffer = new byte[8192];
        while (await stream.ReadAsync(buffer, cancellation) is > 0 and var read)
        {
            if (kept.Length + read > _options.MaxAnswer) return null;
            kept.Write(buffer, 0, read);
        }

        return kept.ToArray();
    }

    private Duration? RetryAfter(HttpResponseMessage response)
    {
        if (response.Headers.RetryAfter is not { } header) return null;
        var wait = header.Delta ?? (header.Date is { } date ? date - _time.GetUtcNow() : TimeSpan.Zero);
        return wait > TimeSpan.Zero ? Duration.FromTimeSpan(wait) : null;
    }

    private async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellation)
    {
        var host = context.DnsEndPoint.Host;
        var addresses = IPAddress.TryParse(host, out var literal) ? [literal] : await _resolve(host, cancellation);
        if (addresses.Length == 0) throw new SocketException((int)SocketError.HostNotFound);
        // One bad address refuses them all: a name that has both is a trick or a mistake.
        if (!addresses.All(a => AddressRules.IsAllowed(a, _options.AllowLoopback))) throw new RefusedAddressException("the host's name resolves to an address that is not public");
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(addresses, context.DnsEndPoint.Port, cancellation);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private sealed class RefusedAddressException(string message) : Exception(message);
}
