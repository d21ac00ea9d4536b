using System.Text;
using Heldar.Media.Rtsp;
using Heldar.Media.Sdp;
using Heldar.Media.Streams;

namespace Heldar.Media.Tests.Sdp;

public sealed class SdpParserTests
{
    private static readonly string Camera = "v=0\r\no=- 1 1 IN IP4 10.0.0.5\r\ns=Media\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:rtsp://10.0.0.5/ch0/\r\n"
        + "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1; profile-level-id=4D4028; sprop-parameter-sets="
        + $"{Convert.ToBase64String(Nals.Sps1080i)},{Convert.ToBase64String(Nals.Pps)}\r\na=control:trackID=1\r\n"
        + "m=audio 0 RTP/AVP 97\r\na=rtpmap:97 MPEG4-GENERIC/48000/2\r\na=fmtp:97 streamtype=5;mode=AAC-hbr;config=1190;SizeLength=13;IndexLength=3;IndexDeltaLength=3\r\na=control:trackID=2\r\n"
        + "m=application 0 RTP/AVP 107\r\na=rtpmap:107 vnd.onvif.metadata/90000\r\n";

    [Fact]
    public void CameraDescription_IsRead()
    {
        var session = SdpParser.Parse(Encoding.UTF8.GetBytes(Camera));
        Assert.Equal(["video", "audio", "application"], session.Media.Select(m => m.Kind));
        var (video, codec) = TrackSelection.Video(session);
        Assert.Equal((MediaCodec.H264, 96, 90000, "trackID=1"), (codec, video.PayloadType, video.ClockRate, video.Control));
        Assert.Equal([Nals.Sps1080i, Nals.Pps], TrackSelection.ParameterSets(video));
        var (audio, sound) = TrackSelection.Audio(session)!.Value;
        Assert.Equal(new AudioFormat(MediaCodec.Aac, 48000, 2, [0x11, 0x90]), TrackSelection.AudioFormat(audio, sound));
    }

    [Fact]
    public void BareLineFeeds_StaticTypes_AndBrokenParameterSets_AreTolerated()
    {
        var text = "v=0\nm=video 0 RTP/AVP 98\na=rtpmap:98 h265/90000\na=fmtp:98 sprop-sps=!!!;sprop-pps=RAHAc8GJ;;=x\nm=audio 0 RTP/AVP 0\n";
        var session = SdpParser.Parse(Encoding.UTF8.GetBytes(text));
        var (video, codec) = TrackSelection.Video(session);
        Assert.Equal(MediaCodec.H265, codec);
        Assert.Equal([Nals.HevcPps], TrackSelection.ParameterSets(video));
        Assert.Equal(MediaCodec.G711Mu, TrackSelection.Audio(session)!.Value.Codec);
    }

    [Theory]
    [InlineData("")]
    [InlineData("hello")]
    [InlineData("v=0\r\ns=x\r\n")]
    public void WhatIsNoDescription_IsRefused(string text) => Assert.Throws<FormatException>(() => SdpParser.Parse(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void OversizedDescription_IsRefused()
    {
        Assert.Throws<FormatException>(() => SdpParser.Parse(new byte[SdpParser.MaxBytes + 1]));
        Assert.Throws<FormatException>(() => SdpParser.Parse(Encoding.UTF8.GetBytes("v=0\r\n" + string.Concat(Enumerable.Repeat("m=video 0 RTP/AVP 96\r\n", 40)))));
    }

    [Theory]
    [InlineData("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=2\r\n")]
    [InlineData("m=video 0 RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\na=fmtp:96 sprop-max-don-diff=2\r\n")]
    [InlineData("m=video 0 RTP/AVP 999\r\n")]
    [InlineData("m=video\r\n")]
    public void TracksThatCannotBeReceived_AreNamed(string media)
    {
        var error = Assert.Throws<RtspException>(() => TrackSelection.Video(SdpParser.Parse(Encoding.UTF8.GetBytes("v=0\r\n" + media))));
        Assert.Equal(StreamFailure.Unsupported, error.Failure);
    }
}
