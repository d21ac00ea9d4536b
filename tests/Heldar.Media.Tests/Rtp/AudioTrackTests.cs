using Heldar.Media.Rtp;
using Heldar.Media.Streams;

namespace Heldar.Media.Tests.Rtp;

public sealed class AudioTrackTests : IDisposable
{
    private readonly CollectingSink _sink = new();
    private readonly AccessUnitBuilder _builder = new(new MediaBlockPool(), 1 << 20);
    private int _sequence = 1;

    public void Dispose() => _builder.Dispose();

    [Fact]
    public void G711_EachPacketIsAUnit()
    {
        var track = new G711Track(8, 8000, _builder, _sink);
        track.Receive(RtpBytes.Packet(1, 160, true, [1, 2, 3], type: 8), 0);
        track.Receive(RtpBytes.Packet(2, 320, false, [4, 5], type: 8), 0);
        track.Receive(RtpBytes.Packet(3, 480, false, [6], type: 97), 0);
        Assert.Equal([[1, 2, 3], [4, 5]], _sink.Units.Select(u => u.Bytes));
    }

    [Fact]
    public void Aac_SeveralUnitsPerPacket_AreDated1024SamplesApart()
    {
        var track = Aac();
        Send(track, 5000, [0x00, 0x20, .. Header(3), .. Header(2), 1, 2, 3, 4, 5]);
        Assert.Equal([(5000u, "010203"), (6024u, "0405")], _sink.Units.Select(u => (u.Timestamp, Convert.ToHexString(u.Bytes))));
    }

    [Fact]
    public void Aac_UnitInFragments_IsPutTogether()
    {
        var track = Aac();
        Send(track, 100, [0x00, 0x10, .. Header(5), 1, 2, 3]);
        Assert.Empty(_sink.Units);
        Send(track, 100, [0x00, 0x10, .. Header(5), 4, 5]);
        Assert.Equal("0102030405", Convert.ToHexString(Assert.Single(_sink.Units).Bytes));
    }

    [Fact]
    public void Aac_FragmentThatLostItsRest_IsDropped()
    {
        var track = Aac();
        Send(track, 100, [0x00, 0x10, .. Header(5), 1, 2, 3]);
        Send(track, 1124, [0x00, 0x10, .. Header(1), 9]);
        Assert.Equal("09", Convert.ToHexString(Assert.Single(_sink.Units).Bytes));
    }

    [Theory]
    [InlineData("")]
    [InlineData("00")]
    [InlineData("FFFF00")]
    [InlineData("000800")]
    [InlineData("00100009AABB")]
    [InlineData("002000180018AA")]
    public void Aac_Malformed_IsCountedAndSkipped(string hex)
    {
        var track = Aac();
        Send(track, 1, Convert.FromHexString(hex));
        Send(track, 2, [0x00, 0x10, .. Header(1), 9]);
        Assert.Equal("09", Convert.ToHexString(Assert.Single(_sink.Units).Bytes));
    }

    private static byte[] Header(int size) => [(byte)(size >> 5), (byte)(size << 3)];

    private AacTrack Aac() => new(97, 48000, AacLayout.HighBitRate, _builder, _sink);

    private void Send(AacTrack track, uint timestamp, byte[] payload) => track.Receive(RtpBytes.Packet(_sequence++, timestamp, true, payload, type: 97), 0);
}
