using System.Net;
using System.Net.Http.Headers;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Xml.Linq;
using NodaTime;

namespace Heldar.Edge.CameraEvents;

/// <summary>
/// Sends SOAP requests to one camera and reads its answers, within bounds of time and size. A password leaves only as a digest: in the UsernameToken, or, once the camera
/// has asked for it, in HTTP. Follows no redirect and no proxy. Two requests may run at once.
/// </summary>
internal sealed class SoapChannel : IDisposable
{
    private readonly EventSource _source;
    private readonly CameraEventOptions _options;
    private readonly IClock _clock;
    private readonly HttpClient _http;
    private volatile bool _byHttp;
    private volatile string? _shown;

    public SoapChannel(EventSource source, CameraEventOptions options, IClock clock)
    {
        (_source, _options, _clock) = (source, options, clock);
        _http = new HttpClient(
            new SocketsHttpHandler
            {
                AllowAutoRedirect = false,
                UseProxy = false,
                UseCookies = false,
                MaxConnectionsPerServer = 2,
                MaxResponseHeadersLength = 16,
                ConnectTimeout = options.AnswerTimeout,
                PooledConnectionIdleTimeout = TimeSpan.FromSeconds(30),
                Credentials = source is { Username: { } name, Password: { } password } ? new DigestOnly(source.Device.Host, new NetworkCredential(name, password.Reveal())) : null,
                SslOptions = new SslClientAuthenticationOptions { RemoteCertificateValidationCallback = (_, certificate, _, errors) => IsTrusted(certificate?.GetRawCertData(), errors) },
            })
        {
            Timeout = Timeout.InfiniteTimeSpan,
        };
    }

    /// <summary>How far the camera's clock is ahead of the box's: what proves a password is dated by the camera's.</summary>
    public Duration CameraAhead { get; set; }

    /// <summary>Sends a request and reads what its answer's body holds.</summary>
    /// <param name="to">Where to; an address of the camera's own host.</param>
    /// <param name="action">SOAP action.</param>
    /// <param name="body">The request.</param>
    /// <param name="headers">Headers beside the credentials'.</param>
    /// <param name="withCredentials">False for what cameras answer to anybody.</param>
    /// <param name="longer">Beyond the usual time for an answer.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="OnvifException">With the cause.</exception>
    public async Task<XElement> SendAsync(Uri to, string action, XElement body, IEnumerable<XElement> headers, bool withCredentials, TimeSpan longer, CancellationToken cancellation)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(_options.AnswerTimeout + longer);
        try
        {
            using var request = new HttpRequestMessage(HttpMethod.Post, to) { Content = new ByteArrayContent(SoapEnvelope.Write(withCredentials ? [.. Credentials(), .. headers] : headers, body)) };
            request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse($"application/soap+xml; charset=utf-8; action=\"{action}\"");
            using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
            if (request.Headers.Authorization is not null) _byHttp = true;
            return await ReadAsync(response, limit.Token);
        }
        catch (OperationCanceledException) when (!cancellation.IsCancellationRequested)
        {
            throw new OnvifException(OnvifFailure.Timeout, $"no answer from {to.Authority} within {(_options.AnswerTimeout + longer).TotalSeconds:0.#} s");
        }
        catch (HttpRequestException e)
        {
            throw new OnvifException(OnvifFailure.Unreachable, $"{to.Authority}: {Words(e)}", e);
        }
        catch (IOException e)
        {
            throw new OnvifException(OnvifFailure.Unreachable, $"{to.Authority}: the connection broke", e);
        }
    }

    public void Dispose() => _http.Dispose();

    private IEnumerable<XElement> Credentials() =>
        // A client proves itself in one place only (ONVIF Core 5.9.1).
        _byHttp || _source.Username is not { } name || _source.Password is not { } password ? [] : [UsernameToken.Create(name, password.Reveal(), _clock.GetCurrentInstant() + CameraAhead)];

    private async Task<XElement> ReadAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden)
        {
            _byHttp = false;
            throw new OnvifException(
                OnvifFailure.AuthFailed, _source.Password is null ? "the camera wants user name and password for ONVIF: give them in the camera's events section" : "the camera refuses user name or password for ONVIF");
        }

        // Faults come with 400 or 500; what else is no success has no envelope worth reading.
        var hasBody = response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Accepted or HttpStatusCode.BadRequest or HttpStatusCode.InternalServerError;
        if (!hasBody) throw Status(response);
        try
        {
            return SoapEnvelope.Read(await BytesAsync(response, cancellation));
        }
        catch (OnvifException e) when (e.Failure == OnvifFailure.Malformed && !response.IsSuccessStatusCode)
        {
            throw Status(response);
        }
    }

    private static async Task<byte[]> BytesAsync(HttpResponseMessage response, CancellationToken cancellation)
    {
        if (response.Content.Headers.ContentLength > SoapEnvelope.MaxBytes) throw SoapEnvelope.Malformed($"it is larger than {SoapEnvelope.MaxBytes} bytes");
        await using var stream = await response.Content.ReadAsStreamAsync(cancellation);
        using var bytes = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while ((read = await stream.ReadAsync(chunk, cancellation)) > 0)
        {
            if (bytes.Length + read > SoapEnvelope.MaxBytes) throw SoapEnvelope.Malformed($"it is larger than {SoapEnvelope.MaxBytes} bytes");
            bytes.Write(chunk, 0, read);
        }

        return bytes.ToArray();
    }

    private static OnvifException Status(HttpResponseMessage response) => new(
        response.StatusCode is HttpStatusCode.NotFound or HttpStatusCode.MethodNotAllowed or HttpStatusCode.NotImplemented ? OnvifFailure.NotSupported : OnvifFailure.Refused,
        $"the camera answers HTTP {(int)response.StatusCode}");

    private bool IsTrusted(byte[]? certificate, SslPolicyErrors errors)
    {
        _shown = certificate is null ? null : Convert.ToHexStringLower(SHA256.HashData(certificate));
        return _source.CertificateSha256 is { } pin ? pin == _shown : errors == SslPolicyErrors.None;
    }

    private string Words(HttpRequestException e) => e switch
    {
        { InnerException: AuthenticationException } =>
            (_source.CertificateSha256 is null ? "its certificate is not trusted" : "it does not show the pinned certificate") + (_shown is { } shown ? $"; it shows SHA-256 {shown}" : ""),
        { HttpRequestError: HttpRequestError.NameResolutionError } => "the name does not resolve",
        { InnerException: SocketException { SocketErrorCode: SocketError.ConnectionRefused } } => "connection refused",
        { InnerException: SocketException socket } => $"cannot connect: {socket.SocketErrorCode}",
        _ => "the connection broke",
    };

    /// <summary>Answers a challenge for digest of the camera's own host; never one for the password itself.</summary>
    private sealed class DigestOnly(string host, NetworkCredential credential) : ICredentials
    {
        public NetworkCredential? GetCredential(Uri uri, string authType) =>
            authType.Equals("Digest", StringComparison.OrdinalIgnoreCase) && uri.Host.Equals(host, StringComparison.OrdinalIgnoreCase) ? credential : null;
    }
}
