using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using Heldar.Media.Streams;

namespace Heldar.Media.Rtsp;

/// <summary>Opens TCP and TLS connections, and says in words why it could not.</summary>
internal static class RtspDialer
{
    /// <summary>How many timeouts a name may take: a resolver asks the second name server only when the first has been silent for 5 s.</summary>
    private const int NameTimeouts = 3;
    private const int DefaultPort = 554;
    private const int DefaultTlsPort = 322;

    public static bool IsTls(Uri url) => url.Scheme.Equals("rtsps", StringComparison.OrdinalIgnoreCase);

    /// <summary>Connects to the host of an rtsp or rtsps URL.</summary>
    /// <param name="url">The address.</param>
    /// <param name="pin">SHA-256 of the one certificate to accept, in hexadecimal; null to ask the system's authorities.</param>
    /// <param name="timeout">For TCP and for TLS, each.</param>
    /// <param name="time">Timers.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <returns>The stream to speak RTSP over, and the socket's own below it.</returns>
    /// <exception cref="RtspException">With the cause.</exception>
    public static async Task<(Stream Stream, PolledSocketStream Socket)> ConnectAsync(
        Uri url, string? pin, TimeSpan timeout, TimeProvider time, CancellationToken cancellation)
    {
        var port = url.Port > 0 ? url.Port : IsTls(url) ? DefaultTlsPort : DefaultPort;
        using var limit = new CancellationTokenSource(timeout * NameTimeouts, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellation);
        try
        {
            var addresses = await ResolveAsync(url.DnsSafeHost, either.Token);
            limit.CancelAfter(timeout);
            var socket = await ConnectTcpAsync(addresses, port, time, either.Token);
            if (!IsTls(url)) return (socket, socket);
            limit.CancelAfter(timeout);
            return (await SecureAsync(socket, url.DnsSafeHost, pin, either.Token), socket);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new RtspException(StreamFailure.Timeout, $"no connection within {timeout.TotalSeconds:0.#} s");
        }
    }

    private static async Task<IPAddress[]> ResolveAsync(string host, CancellationToken cancellation)
    {
        if (IPAddress.TryParse(host, out var address)) return [address];
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host, cancellation);
            if (addresses.Length > 0) return addresses;
        }
        catch (Exception e) when (e is SocketException or ArgumentException)
        {
            // Said below.
        }

        throw new RtspException(StreamFailure.NameNotFound, $"the name {(host.Length <= 100 ? host : host[..100])} does not resolve");
    }

    private static async Task<PolledSocketStream> ConnectTcpAsync(IPAddress[] addresses, int port, TimeProvider time, CancellationToken cancellation)
    {
        var error = SocketError.HostUnreachable;
        foreach (var address in addresses)
        {
            var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { Blocking = false, NoDelay = true };
            try
            {
                error = await StartAsync(socket, new IPEndPoint(address, port), time, cancellation);
                if (error == SocketError.Success) return new PolledSocketStream(socket, time);
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw error switch
        {
            SocketError.ConnectionRefused => new RtspException(StreamFailure.Refused, "connection refused"),
            SocketError.TimedOut => new RtspException(StreamFailure.Timeout, "connection timed out"),
            _ => new RtspException(StreamFailure.Refused, $"cannot connect: {error}"),
        };
    }

    private static async Task<SocketError> StartAsync(Socket socket, IPEndPoint to, TimeProvider time, CancellationToken cancellation)
    {
        try
        {
            socket.Connect(to);
            return SocketError.Success;
        }
        catch (SocketException e) when (e.SocketErrorCode is SocketError.WouldBlock or SocketError.InProgress)
        {
            for (var wait = 1; !socket.Poll(0, SelectMode.SelectWrite) && !socket.Poll(0, SelectMode.SelectError); wait = Math.Min(wait * 2, 20))
            {
                await Task.Delay(TimeSpan.FromMilliseconds(wait), time, cancellation);
            }

            return (SocketError)(int)socket.GetSocketOption(SocketOptionLevel.Socket, SocketOptionName.Error)!;
        }
        catch (SocketException e)
        {
            return e.SocketErrorCode;
        }
    }

    private static async Task<SslStream> SecureAsync(PolledSocketStream socket, string host, string? pin, CancellationToken cancellation)
    {
        var refused = SslPolicyErrors.None;
        string? fingerprint = null;
        var tls = new SslStream(socket, leaveInnerStreamOpen: false);
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = host,
            RemoteCertificateValidationCallback = (_, certificate, _, errors) =>
            {
                refused = errors;
                fingerprint = certificate is null ? null : Convert.ToHexStringLower(SHA256.HashData(certificate.GetRawCertData()));
                if (pin is null) return errors == SslPolicyErrors.None;
                return fingerprint is not null && fingerprint.Equals(pin.Replace(":", "", StringComparison.Ordinal), StringComparison.OrdinalIgnoreCase);
            },
        };
        try
        {
            await tls.AuthenticateAsClientAsync(options, cancellation);
            return tls;
        }
        catch (Exception e) when (e is AuthenticationException or IOException or SocketException)
        {
            await tls.DisposeAsync();
            var why = refused == SslPolicyErrors.None ? "the handshake broke" : pin is null ? $"certificate not trusted ({refused})" : "not the pinned certificate";
            if (fingerprint is not null) why += $"; the camera shows SHA-256 {fingerprint}";
            throw new RtspException(StreamFailure.Tls, $"TLS failed: {why}", e);
        }
        catch
        {
            await tls.DisposeAsync();
            throw;
        }
    }
}
