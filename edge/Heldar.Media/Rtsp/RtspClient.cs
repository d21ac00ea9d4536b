using System.Globalization;
using System.Text.RegularExpressions;
using Heldar.Media.Sdp;
using Heldar.Media.Streams;

namespace Heldar.Media.Rtsp;

/// <summary>How to open a stream.</summary>
/// <param name="Url">rtsp or rtsps; user information is ignored.</param>
/// <param name="Username">Or null.</param>
/// <param name="Password">Or null.</param>
/// <param name="Audio">Also set up audio.</param>
/// <param name="CertificateSha256">Pin for rtsps, or null.</param>
/// <param name="ConnectTimeout">For TCP and for TLS, each.</param>
/// <param name="ResponseTimeout">For each response.</param>
/// <param name="ReadInterval">Pace of reading once media flows.</param>
internal sealed record RtspRequest(
    Uri Url, string? Username, string? Password, bool Audio, string? CertificateSha256, TimeSpan ConnectTimeout, TimeSpan ResponseTimeout, TimeSpan ReadInterval)
{
    /// <summary>Header lines of DESCRIBE, SETUP and PLAY, each with its line end; empty for none.</summary>
    public string ExtraHeaders { get; init; } = "";

    /// <summary>Header lines of PLAY, each with its line end.</summary>
    public string PlayHeaders { get; init; } = "Range: npt=0.000-\r\n";
}

/// <summary>RTSP/1.0 (RFC 2326) over TCP with interleaved media: OPTIONS, DESCRIBE, SETUP, PLAY; follows redirects.</summary>
internal sealed partial class RtspClient(TimeProvider time)
{
    public const int MaxRedirects = 5;

    private static readonly TimeSpan DefaultSessionTimeout = TimeSpan.FromSeconds(60);

    /// <summary>Opens a stream up to the answer to PLAY.</summary>
    /// <exception cref="RtspException">With the cause.</exception>
    public async Task<RtspPlayback> OpenAsync(RtspRequest request, CancellationToken cancellation)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var first = request.Url;
        for (var hop = 0; ; hop++)
        {
            if (!seen.Add(request.Url.AbsoluteUri)) throw new RtspException(StreamFailure.Redirect, "the camera redirects in a circle");
            if (hop > MaxRedirects) throw new RtspException(StreamFailure.Redirect, $"more than {MaxRedirects} redirects");
            var (playback, location) = await TryOpenAsync(request, cancellation);
            if (playback is not null) return playback;
            request = Redirected(request, first, location);
        }
    }

    /// <summary>Joins a control attribute to its base the way cameras expect it: as text, not by RFC 3986.</summary>
    internal static string Resolve(string baseUrl, string control)
    {
        if (control.Length == 0 || control == "*") return baseUrl;
        if (control.StartsWith("rtsp://", StringComparison.OrdinalIgnoreCase) || control.StartsWith("rtsps://", StringComparison.OrdinalIgnoreCase)) return Clean(control);
        return baseUrl.EndsWith('/') ? baseUrl + control.TrimStart('/') : $"{baseUrl}/{control.TrimStart('/')}";
    }

    private static RtspRequest Redirected(RtspRequest request, Uri first, string location)
    {
        if (!Uri.TryCreate(request.Url, location, out var to) || to.Scheme is not ("rtsp" or "rtsps"))
        {
            throw new RtspException(StreamFailure.Redirect, "the camera redirects to an address that is not RTSP");
        }

        if (RtspDialer.IsTls(first) && !RtspDialer.IsTls(to)) throw new RtspException(StreamFailure.Redirect, "the camera redirects from TLS to plain text");
        // Another host gets no credentials that were meant for this one.
        var same = to.Host.Equals(first.Host, StringComparison.OrdinalIgnoreCase);
        return request with { Url = to, Username = same ? request.Username : null, Password = same ? request.Password : null };
    }

    private static bool IsRedirect(RtspMessage response) => response.Status is 301 or 302 or 303 or 305 or 307 or 308;

    private static string Clean(string url)
    {
        var text = url.ReplaceLineEndings("").Replace(" ", "%20", StringComparison.Ordinal);
        return Uri.TryCreate(text, UriKind.Absolute, out var uri) ? uri.GetComponents(UriComponents.AbsoluteUri & ~UriComponents.UserInfo, UriFormat.UriEscaped) : text;
    }

    private static void Demand(RtspMessage response, string method)
    {
        if (response.Status is >= 200 and < 300) return;
        throw response.Status switch
        {
            404 => new RtspException(StreamFailure.NotFound, "the camera has no such stream (404)"),
            453 or 503 => new RtspException(StreamFailure.Busy, $"the camera serves no more streams at once ({response.Status})"),
            457 => new RtspException(StreamFailure.NotFound, "the camera has nothing of that time (457)"),
            551 => new RtspException(StreamFailure.Unsupported, "the camera does not know a header that was asked for (551)"),
            461 => new RtspException(StreamFailure.Unsupported, "the camera offers no interleaved TCP (461)"),
            _ => new RtspException(StreamFailure.Protocol, $"the camera answered {method} with {response.Status}"),
        };
    }

    private async Task<(RtspPlayback? Playback, string Location)> TryOpenAsync(RtspRequest request, CancellationToken cancellation)
    {
        var (stream, socket) = await RtspDialer.ConnectAsync(request.Url, request.CertificateSha256, request.ConnectTimeout, time, cancellation);
        try
        {
            var authenticator = new RtspAuthenticator(request.Username, request.Password);
            var connection = new RtspConnection(stream, authenticator, request.ResponseTimeout, time);
            var url = Clean(request.Url.AbsoluteUri);
            var options = await connection.AskAsync("OPTIONS", url, "", cancellation);
            var described = IsRedirect(options) ? options : await connection.AskAsync("DESCRIBE", url, "Accept: application/sdp\r\n" + request.ExtraHeaders, cancellation);
            if (IsRedirect(described))
            {
                await stream.DisposeAsync();
                return (null, described.Header("Location"));
            }

            Demand(described, "DESCRIBE");
            var session = ReadDescription(described.Body);
            var baseUrl = described.Header("Content-Base") is { Length: > 0 } stated ? Clean(stated) : url;
            var tracks = new List<RtspTrack>();
            var (id, timeout) = await SetUpAsync(connection, session, baseUrl, request, tracks, cancellation);
            var aggregate = Resolve(baseUrl, session.Control);
            Demand(await connection.AskAsync("PLAY", aggregate, $"Session: {id}\r\n{request.PlayHeaders}{request.ExtraHeaders}", cancellation), "PLAY");

            var known = options.Header("Public");
            var keepAlive = known.Length == 0 || known.Contains("GET_PARAMETER", StringComparison.OrdinalIgnoreCase) ? "GET_PARAMETER" : "OPTIONS";
            var control = new RtspControl(connection, authenticator, keepAlive, aggregate, id, timeout);
            var early = connection.TakeEarly();
            if (stream == socket) return (new RtspPlayback(new SocketTransport(socket.Socket), tracks, control, early), "");
            socket.Longest = request.ReadInterval;
            return (new RtspPlayback(new TlsTransport(stream, time, request.ReadInterval), tracks, control, early), "");
        }
        catch
        {
            await stream.DisposeAsync();
            throw;
        }
    }

    private static SdpSession ReadDescription(byte[] body)
    {
        try
        {
            return SdpParser.Parse(body);
        }
        catch (FormatException e)
        {
            throw new RtspException(StreamFailure.Protocol, e.Message, e);
        }
    }

    private static async Task<(string Id, TimeSpan Timeout)> SetUpAsync(
        RtspConnection connection, SdpSession session, string baseUrl, RtspRequest request, List<RtspTrack> tracks, CancellationToken cancellation)
    {
        var wanted = new List<(SdpMedia Media, MediaCodec Codec)> { TrackSelection.Video(session) };
        if (request.Audio && TrackSelection.Audio(session) is { } sound) wanted.Add(sound);
        var id = "";
        var timeout = DefaultSessionTimeout;
        foreach (var (media, codec) in wanted)
        {
            var channel = tracks.Count * 2;
            var headers = $"Transport: RTP/AVP/TCP;unicast;interleaved={channel}-{channel + 1}\r\n" + (id.Length > 0 ? $"Session: {id}\r\n" : "") + request.ExtraHeaders;
            var response = await connection.AskAsync("SETUP", Resolve(baseUrl, media.Control), headers, cancellation);
            // A camera that cannot set up its sound is still worth recording.
            if (tracks.Count > 0 && response.Status >= 400) break;
            Demand(response, "SETUP");
            var answer = response.Header("Session").Split(';', StringSplitOptions.TrimEntries);
            if (answer[0].Length is 0 or > 256) throw new RtspException(StreamFailure.Protocol, "the camera gave no session");
            id = answer[0];
            foreach (var parameter in answer.Skip(1))
            {
                if (parameter.StartsWith("timeout=", StringComparison.OrdinalIgnoreCase)
                    && int.TryParse(parameter.AsSpan(8), NumberStyles.None, CultureInfo.InvariantCulture, out var seconds) && seconds > 0) timeout = TimeSpan.FromSeconds(seconds);
            }

            var channels = Interleaved().Match(response.Header("Transport"));
            var rtp = channels.Success ? int.Parse(channels.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : channel;
            var rtcp = channels.Success && channels.Groups[2].Success ? int.Parse(channels.Groups[2].ValueSpan, CultureInfo.InvariantCulture) : rtp + 1;
            if (rtp > 255 || rtcp > 255 || tracks.Exists(t => t.RtpChannel == rtp)) throw new RtspException(StreamFailure.Protocol, "the camera gave unusable interleaved channels");
            tracks.Add(new RtspTrack(media, codec, rtp, rtcp));
        }

        return (id, timeout);
    }

    [GeneratedRegex(@"interleaved\s*=\s*(\d{1,3})(?:\s*-\s*(\d{1,3}))?", RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Interleaved();
}
