using System.Text;
using Heldar.Media.Codecs;
using Heldar.Media.Ingest;
using Heldar.Media.Mp4;
using Heldar.Media.Replay;
using Heldar.Media.Rtp;
using Heldar.Media.Rtsp;
using Heldar.Media.Sdp;
using Heldar.Media.Streams;
using Heldar.Media.Tests.Ingest;
using Heldar.Media.Tests.Rtp;
using NodaTime;

namespace Heldar.Media.Tests.Fuzz;

/// <summary>No input crashes, hangs or holds memory without bound; refusals are of the one documented type.</summary>
public sealed class HostileInputTests
{
    private const int MaxUnit = 1 << 20;
    private static readonly Instant Near = Instant.FromUtc(2026, 11, 21, 4, 37);

    [Fact]
    public void H264() => Depacketise(MediaCodec.H264, [.. ScriptedCamera.Stream(20), .. Framed(RtpBytes.FuA(Nals.Idr(9000), 1000))]);

    [Fact]
    public void H265() => Depacketise(
        MediaCodec.H265,
        [.. Framed([RtpBytes.HevcAggregate(Nals.HevcVps, Nals.HevcSps720, Nals.HevcPps), .. RtpBytes.HevcFragments(Nals.HevcIdr(9000), 1000), Nals.HevcSlice()])]);

    [Fact]
    public void Aac()
    {
        byte[][] corpus = [RtpBytes.Packet(1, 1, true, [0, 0x20, 0, 24, 0, 16, 1, 2, 3, 4, 5]), RtpBytes.Packet(2, 1, true, [0, 0x10, 0, 40, 1, 2, 3])];
        var pool = new MediaBlockPool();
        var sink = new NullSink();
        using var track = new AacTrack(96, 48000, AacLayout.HighBitRate, new AccessUnitBuilder(pool, MaxUnit), sink);
        Mutations.Run(corpus, bytes =>
        {
            track.Receive(bytes, 0);
            Assert.True(pool.BytesInUse <= 4 * MaxUnit);
        });
    }

    [Fact]
    public void ParameterSets() => Mutations.Run([Nals.Sps1080i, Nals.Sps480, Nals.HevcSps720, Nals.HevcVps, Nals.Pps, Nals.HevcPps], bytes =>
    {
        _ = Heldar.Media.Codecs.H264.ParseSps(bytes);
        _ = Heldar.Media.Codecs.H265.ParseSps(bytes);
        _ = AacConfig.Parse(bytes, 0);
        new ParameterSets(MediaCodec.H264).Offer(bytes);
        new ParameterSets(MediaCodec.H265).Offer(bytes);
    });

    [Fact]
    public void Rtcp() => Mutations.Run([[0x80, 200, 0, 6, .. new byte[24], 0x81, 203, 0, 1, 0, 0, 0, 1]], bytes => Heldar.Media.Rtp.Rtcp.TryRead(bytes, out _, out _));

    [Fact]
    public void ReplayExtensions() => Mutations.Run(
        [[0x90, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0xAB, 0xAC, 0, 3, 0xEE, 1, 2, 3, 4, 5, 6, 7, 0x70, 4, 0, 0, 0x65, 0x88], [0x91, 96, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 9, 0xAB, 0xAC, 0xFF, 0xFF, 1]],
        bytes =>
        {
            if (!ReplayExtension.TryRead(bytes, Near, out _, out var stamp)) return;
            Assert.InRange(stamp.Time, Near - Duration.FromDays(366 * 70), Near + Duration.FromDays(366 * 70));
        });

    [Fact]
    public void SegmentFiles_ReadBackPictureByPicture()
    {
        var samples = new TrackSamples();
        samples.Clear();
        for (var i = 0; i < 4; i++) samples.Add(i * 3600, 8, key: i == 0);
        samples.LayOut(0, 3600);
        var head = new FragmentWriter().Build(1, samples, null).ToArray();
        byte[] whole = [.. head, .. Enumerable.Repeat<byte[]>([0, 0, 0, 4, 0x65, 1, 2, 3], 4).SelectMany(b => b)];
        var path = Path.GetTempFileName();
        try
        {
            Mutations.Run([whole], bytes =>
            {
                File.WriteAllBytes(path, bytes);
                using var file = File.OpenHandle(path);
                var pictures = FragmentPictures.Read(file, new ScannedFragment(0, bytes.Length, 4, 0));
                Assert.True(pictures.Sum(p => (long)p.Bytes.Length) <= bytes.Length);
                foreach (var picture in pictures) _ = PictureDigest.Of(MediaCodec.H264, picture.Bytes.Span);
            });
            File.WriteAllBytes(path, whole);
            using var good = File.OpenHandle(path);
            Assert.Equal([0, 3600, 7200, 10800], FragmentPictures.Read(good, new ScannedFragment(0, whole.Length, 4, 0)).Select(p => p.Time));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void SessionDescriptions() => Mutations.Run(
        [Encoding.UTF8.GetBytes(ScriptedCamera.Sdp + "a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0IAHg==,aM4=\r\nm=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/48000/2\r\na=fmtp:97 config=1190\r\n")],
        bytes =>
        {
            try
            {
                var session = SdpParser.Parse(bytes);
                var (video, _) = TrackSelection.Video(session);
                _ = TrackSelection.ParameterSets(video).Count();
                _ = TrackSelection.Audio(session);
            }
            catch (Exception e) when (e is FormatException or RtspException)
            {
                // Refused.
            }
        });

    [Fact]
    public void RtspMessages_AndChallenges() => Mutations.Run(
        [
            Encoding.UTF8.GetBytes("RTSP/1.0 401 Unauthorized\r\nCSeq: 2\r\nWWW-Authenticate: Digest realm=\"a\", nonce=\"b\", qop=\"auth\"\r\nContent-Length: 3\r\n\r\nabc"),
            Encoding.UTF8.GetBytes("OPTIONS rtsp://x RTSP/1.0\r\nCSeq: 1\r\n\r\n"),
        ],
        bytes =>
        {
            try
            {
                if (RtspMessage.TryRead(bytes, out var consumed) is not { } message) return;
                Assert.InRange(consumed, 1, bytes.Length);
                var authenticator = new RtspAuthenticator("u", "p");
                authenticator.Accept(message.All("WWW-Authenticate"), out _);
                _ = authenticator.Authorize("PLAY", "rtsp://x");
            }
            catch (RtspException)
            {
                // Refused.
            }
        });

    [Fact]
    public void InterleavedStreams()
    {
        var corpus = ScriptedCamera.Stream(20).Append(Encoding.UTF8.GetBytes("RTSP/1.0 200 OK\r\nCSeq: 2\r\n\r\n")).ToArray();
        var reader = new InterleavedReader(3);
        Mutations.Run([.. corpus, [.. corpus.SelectMany(c => c)]], bytes =>
        {
            try
            {
                Assert.InRange(reader.Read(bytes, new NullSink()), 0, bytes.Length);
            }
            catch (RtspException)
            {
                reader = new InterleavedReader(3);
            }
        });
    }

    private static IEnumerable<byte[]> Framed(List<byte[]> payloads) => payloads.Select((p, i) => ScriptedCamera.Frame(0, RtpBytes.Packet(i, 0, i == payloads.Count - 1, p)));

    private static void Depacketise(MediaCodec codec, byte[][] frames)
    {
        var pool = new MediaBlockPool(maxBytes: 16 << 20);
        var sink = new NullSink();
        var track = new VideoTrack(codec, 96, [], new AccessUnitBuilder(pool, MaxUnit), sink);
        var sequence = 0;
        Mutations.Run([.. frames.Select(f => f[4..])], bytes =>
        {
            // Most mutants keep their place in the sequence, so that they reach the depacketiser.
            if (bytes.Length > 4 && bytes[0] == 0x80) (bytes[2], bytes[3]) = ((byte)(++sequence >> 8), (byte)sequence);
            track.Receive(bytes, 0);
            Assert.True(pool.BytesInUse <= 4 * MaxUnit, "memory grows");
        });
        Assert.True(sink.Units > 0, "no mutant got through: the test tests nothing");
        track.Dispose();
        Assert.Equal(0, pool.BytesInUse);
    }

    private sealed class NullSink : ITrackSink, IInterleavedSink
    {
        public int Units { get; private set; }

        public void OnVideoFormat(VideoFormat format) => Assert.InRange(format.Width, 1, SpsInfo.MaxSide);

        public void OnUnit(in TrackUnit unit)
        {
            Units++;
            Assert.InRange(unit.Length, 1, MaxUnit);
            if (unit.Track == TrackKind.Video) CheckLengths(unit.Block.Bytes.AsSpan(unit.Offset, unit.Length));
        }

        public void OnDamage(int packetsLost) => Assert.InRange(packetsLost, 0, 65536);

        public void OnFrame(int channel, ReadOnlySpan<byte> body) => Assert.InRange(channel, 0, 3);

        public void OnMessage(RtspMessage message) => Assert.NotNull(message);

        private static void CheckLengths(ReadOnlySpan<byte> unit)
        {
            while (unit.Length > 0)
            {
                var length = System.Buffers.Binary.BinaryPrimitives.ReadInt32BigEndian(unit);
                Assert.InRange(length, 1, unit.Length - 4);
                unit = unit[(4 + length)..];
            }
        }
    }
}
