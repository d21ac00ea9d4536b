using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Heldar.Media.Tests.Rtp;

namespace Heldar.Media.Tests.Ingest;

/// <summary>A request as the camera sees it.</summary>
internal sealed record CameraRequest(string Method, string Url, IReadOnlyDictionary<string, string> Headers, int Connection)
{
    public string Header(string name) => Headers.GetValueOrDefault(name, "");
}

/// <summary>
/// An RTSP camera in this process that does what the test says. <see cref="Answer"/> may give the whole response for a request (without CSeq), null for
/// the ordinary one, or "" to stay silent. After PLAY it sends what <see cref="Media"/> yields.
/// </summary>
internal sealed class ScriptedCamera : IAsyncDisposable
{
    public const string Sdp = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=x\r\nt=0 0\r\na=control:*\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:track1\r\n";

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly X509Certificate2? _certificate;
    private readonly List<Task> _connections = [];
    private readonly Task _accepting;
    private readonly List<CameraRequest> _requests = [];
    private int _count;

    public ScriptedCamera(bool tls = false)
    {
        if (tls) _certificate = SelfSigned();
        _listener.Start();
        _accepting = Task.Run(AcceptAsync);
    }

    public Uri Url => new($"{(_certificate is null ? "rtsp" : "rtsps")}://127.0.0.1:{Port}/live/ch0");

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public string CertificateSha256 => Convert.ToHexString(SHA256.HashData(_certificate!.RawData));

    public Func<CameraRequest, string?> Answer { get; set; } = _ => null;

    /// <summary>Bytes to send after PLAY, with a pause after each.</summary>
    public Func<IEnumerable<byte[]>> Media { get; set; } = () => Stream(250);

    public string Description { get; set; } = Sdp;

    /// <summary>Pause between two pieces of media.</summary>
    public TimeSpan Pace { get; set; } = TimeSpan.FromMilliseconds(10);

    public IReadOnlyList<CameraRequest> Requests
    {
        get
        {
            lock (_requests) return [.. _requests];
        }
    }

    /// <summary>Everything that came in interleaved.</summary>
    public int FramesReceived { get; private set; }

    public static byte[] Frame(int channel, byte[] body) => [(byte)'$', (byte)channel, (byte)(body.Length >> 8), (byte)body.Length, .. body];

    /// <summary>Pictures at 25 per second, each tenth an IDR with its parameter sets.</summary>
    public static IEnumerable<byte[]> Stream(int pictures, int firstSequence = 0, uint firstTimestamp = 0)
    {
        var sequence = firstSequence;
        for (var i = 0; i < pictures; i++)
        {
            var timestamp = firstTimestamp + (uint)(i * 3600);
            if (i % 10 == 0) yield return Frame(0, RtpBytes.Packet(sequence++, timestamp, false, RtpBytes.StapA(Nals.Sps480, Nals.Pps)));
            yield return Frame(0, RtpBytes.Packet(sequence++, timestamp, true, i % 10 == 0 ? Nals.Idr() : Nals.Slice()));
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Stop();
        await _accepting;
        Task[] open;
        lock (_connections) open = [.. _connections];
        await Task.WhenAll(open);
        _certificate?.Dispose();
        _listener.Dispose();
        _stop.Dispose();
    }

    private static X509Certificate2 SelfSigned()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=camera", key, HashAlgorithmName.SHA256);
        using var made = request.CreateSelfSigned(new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(2090, 1, 1, 0, 0, 0, TimeSpan.Zero));
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pfx), null);
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                var client = await _listener.AcceptTcpClientAsync(_stop.Token);
                var number = ++_count;
                lock (_connections) _connections.Add(Task.Run(() => ServeAsync(client, number)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // Closed.
        }
    }

    private async Task ServeAsync(TcpClient client, int number)
    {
        using var owned = client;
        Task? media = null;
        using var end = CancellationTokenSource.CreateLinkedTokenSource(_stop.Token);
        try
        {
            Stream stream = client.GetStream();
            if (_certificate is not null)
            {
                var tls = new SslStream(stream);
                await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, end.Token);
                stream = tls;
            }

            var reader = new RequestReader(stream);
            while (await reader.NextAsync(number, end.Token) is { } request)
            {
                FramesReceived = reader.Frames;
                lock (_requests) _requests.Add(request);
                var answer = Answer(request) ?? Ordinary(request);
                if (answer.Length == 0) continue;
                var line = answer.IndexOf("\r\n", StringComparison.Ordinal) + 2;
                await stream.WriteAsync(Encoding.Latin1.GetBytes(answer.Insert(line, $"CSeq: {request.Header("CSeq")}\r\n")), end.Token);
                if (request.Method == "PLAY" && answer.Contains(" 200 ", StringComparison.Ordinal)) media = SendAsync(stream, end.Token);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or System.Security.Authentication.AuthenticationException)
        {
            // The other side left.
        }

        await end.CancelAsync();
        if (media is not null) await media;
    }

    private async Task SendAsync(Stream stream, CancellationToken cancellation)
    {
        try
        {
            foreach (var piece in Media())
            {
                await stream.WriteAsync(piece, cancellation);
                if (Pace > TimeSpan.Zero) await Task.Delay(Pace, cancellation);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or ObjectDisposedException)
        {
            // The other side left.
        }
    }

    private string Ordinary(CameraRequest request) => request.Method switch
    {
        "OPTIONS" => "RTSP/1.0 200 OK\r\nPublic: OPTIONS, DESCRIBE, SETUP, PLAY, GET_PARAMETER, TEARDOWN\r\n\r\n",
        "DESCRIBE" => $"RTSP/1.0 200 OK\r\nContent-Type: application/sdp\r\nContent-Length: {Description.Length}\r\n\r\n{Description}",
        "SETUP" => $"RTSP/1.0 200 OK\r\nSession: 12345678;timeout=60\r\nTransport: {request.Header("Transport")}\r\n\r\n",
        "PLAY" or "GET_PARAMETER" or "TEARDOWN" => "RTSP/1.0 200 OK\r\nSession: 12345678\r\n\r\n",
        _ => "RTSP/1.0 501 Not Implemented\r\n\r\n",
    };
}
