using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using Heldar.Media.Tests.Rtp;
using NodaTime;

namespace Heldar.Media.Tests.Ingest;

/// <summary>What happens once media flows.</summary>
public sealed class StreamingTests
{
    private static readonly IngestOptions Quick = new()
    {
        ReadInterval = Duration.FromMilliseconds(10),
        BackoffMin = Duration.FromMilliseconds(20),
        BackoffMax = Duration.FromMilliseconds(50),
        SettleTime = Duration.Zero,
    };

    private static readonly IngestOptions Impatient = Quick with { MediaTimeout = Duration.FromMilliseconds(700) };

    [Fact]
    public async Task Stall_IsNoticed_EvenWhileRtcpFlows_AndPlaysAgainAsANewRun()
    {
        byte[] senderReport = [0x80, 200, 0, 6, 0, 0, 0x12, 0x34, 0xED, 0x4D, 0x4B, 0x40, 0x80, 0, 0, 0, 0, 0, 0, 90, .. new byte[8]];
        var times = 0;
        await using var camera = new ScriptedCamera();
        camera.Media = () => times++ == 0
            ? ScriptedCamera.Stream(12).Concat(Enumerable.Repeat(ScriptedCamera.Frame(1, senderReport), 1000))
            : ScriptedCamera.Stream(250);
        var subscriber = new CollectingSubscriber();
        await using var engine = Engine(Impatient);
        var session = engine.Open(Source(camera));
        session.Subscribe(subscriber);
        await Eventually.TrueAsync(() => subscriber.Count("run") >= 2, "a second run");
        Assert.Contains("lost Stalled: no media for 0.7 s", subscriber.Calls);
        Assert.Contains("offset", subscriber.Calls);
        Assert.NotNull(session.Status.CameraOffset);
        var after = subscriber.Calls.SkipWhile(c => !c.StartsWith("lost", StringComparison.Ordinal)).ToList();
        Assert.Equal(["run Connected", "format 640x480 "], after.Skip(1).Take(2));
        await Eventually.TrueAsync(() => session.Status is { State: StreamState.Streaming, Reconnects: >= 1 }, "streaming again");
    }

    [Fact]
    public async Task CameraThatNeverSends_IsStalled()
    {
        await using var camera = new ScriptedCamera { Media = () => [] };
        await using var engine = Engine(Impatient);
        var session = engine.Open(Source(camera));
        await Eventually.TrueAsync(() => session.Status.State == StreamState.Stalled, "stalled");
        Assert.Equal(StreamFailure.NoMedia, session.Status.Failure);
    }

    [Fact]
    public async Task NoParameterSetsAnywhere_IsSaid()
    {
        await using var camera = new ScriptedCamera { Media = () => Pictures(Nals.Idr(), 1000) };
        await using var engine = Engine(Impatient);
        var session = engine.Open(Source(camera));
        // A camera slower than the watchdog's 0.7 s is first said to send nothing, rightly; the session tries again.
        await Eventually.TrueAsync(
            () => session.Status is { Failure: StreamFailure.NoMedia, Cause: { } cause } && cause.Contains("parameter sets are missing", StringComparison.Ordinal),
            "no decodable video");
    }

    [Fact]
    public async Task LateSubscriber_GetsTheGopFirst_InOrder()
    {
        await using var camera = new ScriptedCamera { Media = () => ScriptedCamera.Stream(8).Concat(Slowly()) };
        await using var engine = Engine(Quick with { MediaTimeout = Duration.FromSeconds(30) });
        var first = new CollectingSubscriber();
        var session = engine.Open(Source(camera));
        session.Subscribe(first);
        await Eventually.TrueAsync(() => first.Timestamps.Count == 8, "eight pictures");
        var late = new CollectingSubscriber();
        session.Subscribe(late);
        await Eventually.TrueAsync(() => late.Timestamps.Count >= 8, "the ring");
        Assert.Equal(first.Calls.Take(10), late.Calls.Take(10));
        Assert.Equal(first.Timestamps.Take(8), late.Timestamps.Take(8));

        static IEnumerable<byte[]> Slowly()
        {
            for (var i = 0; i < 200; i++) yield return [];
        }
    }

    [Fact]
    public async Task SubscriberThatThrows_IsUnsubscribedAndReported_OthersGoOn()
    {
        await using var camera = new ScriptedCamera();
        var faults = new List<SubscriberFault>();
        await using var engine = new IngestEngine(Quick, new MediaBlockPool(), SystemClock.Instance, onFault: faults.Add);
        var session = engine.Open(Source(camera));
        var bad = new CollectingSubscriber { Act = _ => throw new InvalidOperationException("boom") };
        var good = new CollectingSubscriber();
        session.Subscribe(bad);
        session.Subscribe(good);
        await Eventually.TrueAsync(() => good.Count("key") >= 2, "two keyframes");
        Assert.Equal(1, bad.Count("key"));
        Assert.Equal("boom", Assert.Single(faults).Error.Message);
        Assert.Equal(1, session.Status.SubscriberFaults);
        Assert.Equal("fault boom", bad.Calls[^1]);
    }

    [Fact]
    public async Task DisposedSubscription_IsNeverCalledAgain()
    {
        await using var camera = new ScriptedCamera();
        await using var engine = Engine();
        var session = engine.Open(Source(camera));
        var subscriber = new CollectingSubscriber();
        var subscription = session.Subscribe(subscriber);
        await Eventually.TrueAsync(() => subscriber.Count("key") >= 1, "a keyframe");
        subscription.Dispose();
        var calls = subscriber.Calls.Count;
        var frames = session.Status.Frames;
        await Eventually.TrueAsync(() => session.Status.Frames > frames + 5, "more frames");
        Assert.Equal(calls, subscriber.Calls.Count);
    }

    [Fact]
    public async Task Time_IsTold_WhileNothingComes()
    {
        await using var camera = new ScriptedCamera();
        camera.Media = () => ScriptedCamera.Stream(12);
        var subscriber = new CollectingSubscriber();
        await using var engine = Engine();
        engine.Open(Source(camera)).Subscribe(subscriber);
        await Eventually.TrueAsync(() => subscriber.Count("unit") + subscriber.Count("key") == 12, "all pictures");
        var (quiet, ticks) = (subscriber.Time, subscriber.Ticks);
        await Eventually.TrueAsync(() => subscriber.Time - quiet > Duration.FromMilliseconds(300), "time passes");
        Assert.True(subscriber.Ticks > ticks + 2);
        Assert.Equal(0, subscriber.Count("lost"));
    }

    [Fact]
    public async Task Stop_TakesWhatHasArrived()
    {
        var (more, sent) = (false, false);
        await using var camera = new ScriptedCamera { Pace = TimeSpan.FromMilliseconds(1) };
        camera.Media = Media;
        var subscriber = new CollectingSubscriber();
        await using var engine = Engine(Quick with { ReadInterval = Duration.FromMilliseconds(200) });
        var session = engine.Open(Source(camera));
        session.Subscribe(subscriber);
        await Eventually.TrueAsync(() => subscriber.Timestamps.Count == 12, "the first pictures");
        Volatile.Write(ref more, true);
        await Eventually.TrueAsync(() => Volatile.Read(ref sent), "the camera has sent the others");
        await session.DisposeAsync();
        Assert.Equal(Enumerable.Range(0, 30).Select(i => i * 3600L), subscriber.Timestamps);
        Assert.Equal("lost Stopped: stopped", subscriber.Calls[^1]);
        await Eventually.TrueAsync(() => camera.Requests.Any(r => r.Method == "TEARDOWN"), "the camera is told");

        IEnumerable<byte[]> Media()
        {
            var pieces = ScriptedCamera.Stream(30).ToList();
            const int first = 12 + 2;
            foreach (var piece in pieces.Take(first)) yield return piece;
            while (!Volatile.Read(ref more)) yield return [];
            yield return [.. pieces.Skip(first).SelectMany(p => p)];
            Volatile.Write(ref sent, true);
        }
    }

    [Fact]
    public async Task ConnectionThatEnds_IsReportedAndTriedAgain()
    {
        await using var camera = new ScriptedCamera();
        var connections = 0;
        camera.Answer = r =>
        {
            connections = Math.Max(connections, r.Connection);
            return null;
        };
        byte[] bye = [0x81, 203, 0, 1, 0, 0, 0x12, 0x34];
        camera.Media = () => ScriptedCamera.Stream(12).Append(ScriptedCamera.Frame(1, bye)).Concat(ScriptedCamera.Stream(100));
        var subscriber = new CollectingSubscriber();
        await using var engine = Engine();
        engine.Open(Source(camera)).Subscribe(subscriber);
        await Eventually.TrueAsync(() => connections >= 3, "a third connection");
        Assert.Contains("lost Unreachable: the camera ended the stream (RTCP BYE)", subscriber.Calls);
    }

    [Fact]
    public async Task Gap_WrongLengths_AndGarbage_CostTheirGopOnly()
    {
        await using var camera = new ScriptedCamera();
        camera.Media = () => Broken().Concat(ScriptedCamera.Stream(200, 40, 400_000));
        var subscriber = new CollectingSubscriber();
        await using var engine = Engine();
        var session = engine.Open(Source(camera));
        session.Subscribe(subscriber);
        await Eventually.TrueAsync(() => subscriber.Count("key") >= 4, "keyframes");
        Assert.Equal(1, subscriber.Count("run"));
        Assert.Contains("damage 7", subscriber.Calls);
        await Eventually.TrueAsync(() => session.Status.PacketsLost >= 8, "loss is counted");

        static IEnumerable<byte[]> Broken()
        {
            foreach (var piece in ScriptedCamera.Stream(10, 0, 0)) yield return piece;
            yield return [1, 2, 3, 0xFF, (byte)'x', (byte)'$', 77, 0, 9];
            yield return ScriptedCamera.Frame(0, [0x80, 96, 0]);
            yield return ScriptedCamera.Frame(5, new byte[40]);
            yield return ScriptedCamera.Frame(0, []);
            foreach (var piece in ScriptedCamera.Stream(20, 18, 40_000)) yield return piece;
        }
    }

    [Fact]
    public async Task ChangedParameterSets_GiveANewFormat()
    {
        await using var camera = new ScriptedCamera();
        camera.Media = () => ScriptedCamera.Stream(20).Concat(Pictures(RtpBytes.StapA(Nals.Sps1080i, Nals.Pps, Nals.Idr()), 100, 22, 72_000));
        var subscriber = new CollectingSubscriber();
        await using var engine = Engine();
        engine.Open(Source(camera)).Subscribe(subscriber);
        await Eventually.TrueAsync(() => subscriber.Calls.Contains("format 1920x1080 "), "the new format");
        var calls = subscriber.Calls;
        Assert.Equal("key", calls[calls.ToList().IndexOf("format 1920x1080 ") + 1]);
        Assert.Equal(1, subscriber.Count("run"));
    }

    [Fact]
    public async Task KeepAlive_IsSent_AndAnswersAmongMediaDoNotHurt()
    {
        await using var camera = new ScriptedCamera();
        camera.Answer = r => r.Method == "SETUP" ? "RTSP/1.0 200 OK\r\nSession: abc;timeout=4\r\nTransport: RTP/AVP/TCP;interleaved=0-1\r\n\r\n" : null;
        camera.Media = () => ScriptedCamera.Stream(2000);
        await using var engine = Engine();
        var session = engine.Open(Source(camera));
        await Eventually.TrueAsync(() => camera.Requests.Count(r => r.Method == "GET_PARAMETER" && r.Header("Session") == "abc") >= 2, "two keep-alives");
        Assert.Equal(0, session.Status.Reconnects);
        Assert.Equal(0, session.Status.PacketsLost);
    }

    [Fact]
    public async Task Audio_IsReceivedWhenAsked()
    {
        await using var camera = new ScriptedCamera { Description = ScriptedCamera.Sdp + "m=audio 0 RTP/AVP 8\r\na=control:track2\r\n" };
        camera.Media = () => ScriptedCamera.Stream(500).SelectMany((p, i) => new[] { p, ScriptedCamera.Frame(2, RtpBytes.Packet(i, (uint)(i * 160), true, new byte[160], type: 8, source: 9)) });
        var subscriber = new CollectingSubscriber();
        await using var engine = Engine();
        engine.Open(Source(camera) with { Audio = true }).Subscribe(subscriber);
        await Eventually.TrueAsync(() => subscriber.Count("audio") > 10, "audio");
        Assert.Equal("format 640x480 G711A", subscriber.Calls[1]);
        Assert.Equal(1, subscriber.Count("run"));
    }

    private static IEnumerable<byte[]> Pictures(byte[] payload, int count, int sequence = 0, uint timestamp = 0)
    {
        for (var i = 0; i < count; i++) yield return ScriptedCamera.Frame(0, RtpBytes.Packet(sequence + i, timestamp + (uint)(i * 3600), true, payload));
    }

    private static IngestEngine Engine(IngestOptions? options = null) => new(options ?? Quick, new MediaBlockPool(), SystemClock.Instance);

    private static StreamSource Source(ScriptedCamera camera) => new(camera.Url, null, null, false, ClockSource.Box);
}
