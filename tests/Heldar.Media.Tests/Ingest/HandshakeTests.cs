using System.Net;
using System.Net.Sockets;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Tests.Ingest;

/// <summary>What keeps a stream from playing is told apart, and never tells the password.</summary>
public sealed class HandshakeTests
{
    private const string Password = "s3cret-word";

    [Fact]
    public async Task Plays_AndSaysGoodbye()
    {
        await using var camera = new ScriptedCamera();
        var subscriber = new CollectingSubscriber();
        var pool = new MediaBlockPool();
        await using (var engine = Engine(pool))
        {
            var session = engine.Open(Source(camera));
            session.Subscribe(subscriber);
            await Eventually.TrueAsync(() => subscriber.Count("key") >= 2, "two keyframes");
            Assert.Equal(StreamState.Streaming, session.Status.State);
            Assert.Equal(640, session.Status.Format!.Video.Width);
            Assert.Equal(["run Connected", "format 640x480 ", "key", "unit"], subscriber.Calls.Take(4));
        }

        await Eventually.TrueAsync(() => camera.Requests.Any(r => r.Method == "TEARDOWN"), "teardown");
        Assert.Equal("lost Stopped: stopped", subscriber.Calls[^1]);
        Assert.Equal(["OPTIONS", "DESCRIBE", "SETUP", "PLAY", "TEARDOWN"], camera.Requests.Select(r => r.Method));
        Assert.Equal(0, pool.BytesInUse);
    }

    [Theory]
    [InlineData("Digest realm=\"cam\", nonce=\"abc\"", "Digest ")]
    [InlineData("Digest realm=\"cam\", nonce=\"abc\", qop=\"auth\", algorithm=SHA-256, Basic realm=\"cam\"", "algorithm=SHA-256")]
    [InlineData("Basic realm=\"cam\"", "Basic YWRtaW46czNjcmV0LXdvcmQ=")]
    public async Task Challenge_IsAnswered(string challenge, string expected)
    {
        await using var camera = new ScriptedCamera
        {
            Answer = r => r.Method != "OPTIONS" && r.Header("Authorization").Length == 0 ? $"RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: {challenge}\r\n\r\n" : null,
        };
        await using var engine = Engine();
        var session = engine.Open(Source(camera));
        await Eventually.TrueAsync(() => session.Status.State == StreamState.Streaming, "streaming");
        Assert.Contains(expected, camera.Requests[^1].Header("Authorization"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task WrongPassword_IsTriedOnce_AndNotAgainForAMinute()
    {
        await using var camera = new ScriptedCamera { Answer = _ => "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"c\", nonce=\"n\"\r\n\r\n" };
        await using var engine = Engine(options: new IngestOptions { BackoffMin = Duration.FromMilliseconds(1), BackoffMax = Duration.FromMilliseconds(2) });
        var session = engine.Open(Source(camera));
        await Eventually.TrueAsync(() => session.Status.State == StreamState.AuthFailed, "auth failed");
        await Task.Delay(300, TestContext.Current.CancellationToken);
        Assert.Equal(1, camera.Requests.Count(r => r.Header("Authorization").Length > 0));
        Assert.Equal("the camera refused the username or password (401)", session.Status.Cause);
    }

    [Fact]
    public async Task StaleNonce_IsAnsweredWithTheNewOne()
    {
        await using var camera = new ScriptedCamera
        {
            Answer = r => !r.Header("Authorization").Contains("nonce=\"n2\"", StringComparison.Ordinal)
                ? $"RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Digest realm=\"c\", nonce=\"{(r.Header("Authorization").Length == 0 ? "n1" : "n2\", stale=\"true")}\"\r\n\r\n" : null,
        };
        await using var engine = Engine();
        var session = engine.Open(Source(camera));
        await Eventually.TrueAsync(() => session.Status.State == StreamState.Streaming, "streaming");
    }

    [Theory]
    [InlineData("RTSP/1.0 404 Not Found\r\n\r\n", StreamFailure.NotFound, "no such stream (404)")]
    [InlineData("RTSP/1.0 403 Forbidden\r\n\r\n", StreamFailure.Unauthorized, "forbids access (403)")]
    [InlineData("RTSP/1.0 500 Oops\r\n\r\n", StreamFailure.Protocol, "answered DESCRIBE with 500")]
    [InlineData("RTSP/1.0 200 OK\r\nContent-Length: 1048576\r\n\r\n", StreamFailure.Protocol, "larger than 262144 bytes")]
    [InlineData("RTSP/1.0 200 OK\r\nContent-Length: -1\r\n\r\n", StreamFailure.Protocol, "broken Content-Length")]
    [InlineData("RTSP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nhello", StreamFailure.Protocol, "not a session description")]
    [InlineData("RTSP/1.0 200 OK\r\nContent-Length: 5\r\n\r\nv=0\r\n", StreamFailure.Protocol, "without media")]
    [InlineData("RTSP/1.0 200 OK\r\nContent-Length: 59\r\n\r\nv=0\r\nm=video 0 RTP/AVP 26\r\nm=application 0 RTP/AVP 107\r\n    ", StreamFailure.Unsupported, "offers video JPEG")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n\r\n", StreamFailure.Protocol, "not RTSP")]
    [InlineData("RTSP/1.0 302 Moved\r\nLocation: http://127.0.0.1/\r\n\r\n", StreamFailure.Redirect, "not RTSP")]
    [InlineData("", StreamFailure.Timeout, "no answer to DESCRIBE")]
    public async Task BadAnswer_IsNamed(string answer, StreamFailure failure, string cause)
    {
        await using var camera = new ScriptedCamera { Answer = r => r.Method == "DESCRIBE" ? answer : null };
        await using var engine = Engine(options: new IngestOptions { ResponseTimeout = Duration.FromMilliseconds(300) });
        await ExpectAsync(engine.Open(Source(camera)), failure, cause);
    }

    [Fact]
    public async Task RedirectToANameThatCannotBe_IsNamed_AndTriedAgain()
    {
        await using var camera = new ScriptedCamera();
        camera.Answer = r => r.Method == "DESCRIBE" ? $"RTSP/1.0 302 Moved\r\nLocation: rtsp://{string.Join('.', Enumerable.Repeat(new string('a', 60), 5))}:{camera.Port}/\r\n\r\n" : null;
        await using var engine = Engine(options: new IngestOptions { BackoffMin = Duration.FromMilliseconds(10) });
        var session = engine.Open(Source(camera));
        await Eventually.TrueAsync(() => session.Status.Reconnects > 1, "it is tried again");
        await ExpectAsync(session, StreamFailure.NameNotFound, "does not resolve");
    }

    [Fact]
    public async Task HeadWithoutEnd_IsBounded()
    {
        await using var camera = new ScriptedCamera { Answer = r => "RTSP/1.0 200 OK\r\nX: " + new string('x', 1_000_000) };
        await using var engine = Engine();
        await ExpectAsync(engine.Open(Source(camera)), StreamFailure.Protocol, "head is larger than");
    }

    [Fact]
    public async Task Redirect_IsFollowed()
    {
        await using var second = new ScriptedCamera();
        await using var first = new ScriptedCamera { Answer = r => r.Method == "DESCRIBE" ? $"RTSP/1.0 302 Moved\r\nLocation: {second.Url}\r\n\r\n" : null };
        await using var engine = Engine();
        var session = engine.Open(Source(first));
        await Eventually.TrueAsync(() => session.Status.State == StreamState.Streaming, "streaming");
        Assert.Contains(second.Requests, r => r.Method == "PLAY");
    }

    [Fact]
    public async Task Redirect_ToAnotherHost_GetsNoCredentials()
    {
        await using var second = new ScriptedCamera { Answer = _ => "RTSP/1.0 401 Unauthorized\r\nWWW-Authenticate: Basic realm=\"c\"\r\n\r\n" };
        await using var first = new ScriptedCamera { Answer = _ => $"RTSP/1.0 302 Moved\r\nLocation: rtsp://localhost:{second.Port}/x\r\n\r\n" };
        await using var engine = Engine();
        await ExpectAsync(engine.Open(Source(first)), StreamFailure.Unauthorized, "asks for a username");
        Assert.All(second.Requests, r => Assert.Empty(r.Header("Authorization")));
    }

    [Fact]
    public async Task RedirectLoop_IsNamed()
    {
        await using var camera = new ScriptedCamera();
        camera.Answer = r => $"RTSP/1.0 301 Moved\r\nLocation: {camera.Url}\r\n\r\n";
        await using var engine = Engine();
        await ExpectAsync(engine.Open(Source(camera)), StreamFailure.Redirect, "in a circle");
        var hop = 0;
        camera.Answer = r => $"RTSP/1.0 301 Moved\r\nLocation: {camera.Url}/{++hop}\r\n\r\n";
        await ExpectAsync(engine.Open(Source(camera)), StreamFailure.Redirect, "more than 5 redirects");
    }

    [Fact]
    public async Task NobodyListens_IsRefused()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        await using var engine = Engine();
        await ExpectAsync(engine.Open(new StreamSource(new Uri($"rtsp://127.0.0.1:{port}/x"), "a", Password, false, ClockSource.Box)), StreamFailure.Refused, "connection refused");
        await ExpectAsync(engine.Open(new StreamSource(new Uri("rtsp://no-such-host.invalid/x"), "a", Password, false, ClockSource.Box)), StreamFailure.NameNotFound, "does not resolve");
    }

    [Fact]
    public async Task Tls_WithUntrustedCertificate_IsRefused_AndPlaysWhenPinned()
    {
        await using var camera = new ScriptedCamera(tls: true);
        await using var engine = Engine();
        await ExpectAsync(engine.Open(Source(camera)), StreamFailure.Tls, "certificate not trusted");
        await ExpectAsync(engine.Open(Source(camera) with { CertificateSha256 = new string('0', 64) }), StreamFailure.Tls, "not the pinned certificate");
        var subscriber = new CollectingSubscriber();
        var session = engine.Open(Source(camera) with { CertificateSha256 = camera.CertificateSha256 });
        session.Subscribe(subscriber);
        await Eventually.TrueAsync(() => subscriber.Count("key") >= 2, "two keyframes over TLS");
        Assert.Equal(0, session.Status.PacketsLost);
    }

    [Fact]
    public async Task Tls_ToAPlainCamera_Fails()
    {
        await using var camera = new ScriptedCamera();
        await using var engine = Engine(options: new IngestOptions { ConnectTimeout = Duration.FromSeconds(1) });
        var url = new Uri(camera.Url.ToString().Replace("rtsp:", "rtsps:", StringComparison.Ordinal));
        var session = engine.Open(Source(camera) with { Url = url });
        await Eventually.TrueAsync(() => session.Status.Failure is StreamFailure.Tls or StreamFailure.Timeout, "failure");
    }

    [Fact]
    public void WrongSourcesAndOptions_AreRefusedAtOnce()
    {
        var error = Assert.Throws<ArgumentException>(() => new IngestEngine(
            new IngestOptions { ReceiveBufferBytes = 1, BackoffMin = Duration.FromHours(9) }, new MediaBlockPool(), SystemClock.Instance));
        Assert.Contains("ReceiveBufferBytes", error.Message, StringComparison.Ordinal);
        Assert.Contains("BackoffMin", error.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, new StreamSource(new Uri($"rtsp://a:{Password}@h/x"), "a", Password, true, ClockSource.Box).ToString(), StringComparison.Ordinal);
    }

    private static IngestEngine Engine(MediaBlockPool? pool = null, IngestOptions? options = null) =>
        new(options ?? new IngestOptions(), pool ?? new MediaBlockPool(), SystemClock.Instance);

    private static StreamSource Source(ScriptedCamera camera) => new(camera.Url, "admin", Password, false, ClockSource.Box);

    private static async Task ExpectAsync(StreamSession session, StreamFailure failure, string cause)
    {
        await Eventually.TrueAsync(() => session.Status.Failure != StreamFailure.None, "a failure");
        var status = session.Status;
        Assert.Equal(failure, status.Failure);
        Assert.Contains(cause, status.Cause, StringComparison.Ordinal);
        Assert.DoesNotContain(Password, status.ToString(), StringComparison.Ordinal);
        await session.DisposeAsync();
    }
}
