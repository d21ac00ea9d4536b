using Heldar.Media.Ingest;
using Heldar.Media.Rtsp;
using Heldar.Media.Sdp;
using Heldar.Media.Streams;
using Heldar.Media.Tests.Rtp;
using NodaTime;

namespace Heldar.Media.Tests.Ingest;

public sealed class SteadyStateTests
{
    [Fact]
    public void Receiving_AllocatesNothing_OnceWarm()
    {
        var media = new SdpMedia("video", 96, "H264", 90000, 1, "", new Dictionary<string, string>(StringComparer.Ordinal));
        var connection = new RtspConnection(Stream.Null, new RtspAuthenticator(null, null), TimeSpan.FromSeconds(1), TimeProvider.System);
        var control = new RtspControl(connection, new RtspAuthenticator(null, null), "OPTIONS", "rtsp://x", "1", TimeSpan.FromSeconds(60));
        using var transport = new EndlessTransport();
        using var playback = new RtspPlayback(transport, [new RtspTrack(media, MediaCodec.H264, 0, 1)], control, []);
        var clock = new ManualClock(ManualClock.Start);
        var time = new ManualTime(clock);
        var hub = new StreamHub(1 << 25);
        var options = new IngestOptions();
        var source = new StreamSource(new Uri("rtsp://x/"), null, null, false, ClockSource.Box);
        using var receiver = new StreamReceiver(playback, source, options, new MediaBlockPool(), hub, new StreamMeters(clock));
        hub.Add(new Subscription(new CollectingSubscriber { IsQuiet = true }, e => Assert.Fail(e.ToString())));
        var buffer = new byte[options.ReceiveBufferBytes];

        // Past the keep-alive at 30 s, which is composed as text; the next is due at 60 s.
        Tick(800);
        var frames = hub.Frames;
        var before = GC.GetAllocatedBytesForCurrentThread();
        Tick(600);
        var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(600, hub.Frames - frames);
        Assert.Equal(0, allocated);

        void Tick(int times)
        {
            for (var i = 0; i < times; i++)
            {
                clock.Advance(Duration.FromMilliseconds(40));
                transport.Next();
                Assert.True(receiver.Tick(buffer, clock, time));
            }
        }
    }

    /// <summary>Monotonic time that moves with the wall clock.</summary>
    private sealed class ManualTime(ManualClock clock) : TimeProvider
    {
        public override long TimestampFrequency => 10_000_000;

        public override long GetTimestamp() => clock.GetCurrentInstant().ToUnixTimeTicks();
    }

    /// <summary>One picture per tick in fragments, 60 KB keyframes every second, cut in the middle of a frame.</summary>
    private sealed class EndlessTransport : MediaTransport
    {
        private readonly byte[][] _key = Frames([RtpBytes.StapA(Nals.Sps480, Nals.Pps), .. RtpBytes.FuA(Nals.Idr(60_000), 1400)]);
        private readonly byte[][] _delta = Frames([.. RtpBytes.FuA(Nals.Slice(15_000), 1400)]);
        private readonly byte[] _bytes = new byte[200_000];
        private int _filled;
        private ushort _sequence;
        private uint _picture;

        private static ReadOnlySpan<byte> HalfFrame => [(byte)'$', 1, 0, 4];

        private static ReadOnlySpan<byte> OtherHalf => [0x80, 0xC9, 0, 0];

        public void Next()
        {
            foreach (var frame in _picture % 25 == 0 ? _key : _delta)
            {
                System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(frame.AsSpan(6), _sequence++);
                System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(8), _picture * 3600);
                frame.CopyTo(_bytes.AsSpan(_filled));
                _filled += frame.Length;
            }

            _picture++;
            // The first half of a sender report waits in the receiver until the next tick.
            HalfFrame.CopyTo(_bytes.AsSpan(_filled));
            _filled += 4;
        }

        public override int Receive(Span<byte> to)
        {
            var count = _filled;
            _bytes.AsSpan(0, count).CopyTo(to);
            OtherHalf.CopyTo(_bytes);
            _filled = count == 0 ? 0 : 4;
            return count;
        }

        public override bool Send(ReadOnlySpan<byte> message) => true;

        public override void Dispose()
        {
        }

        private static byte[][] Frames(List<byte[]> payloads) =>
            [.. payloads.Select((p, i) => ScriptedCamera.Frame(0, RtpBytes.Packet(0, 0, i == payloads.Count - 1, p)))];
    }
}
