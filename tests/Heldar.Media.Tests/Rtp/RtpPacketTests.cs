using Heldar.Media.Rtp;
using NodaTime;

namespace Heldar.Media.Tests.Rtp;

public sealed class RtpPacketTests
{
    [Fact]
    public void Extension_Sources_AndPadding_AreTakenOff()
    {
        byte[] packet = [0xB1, 0xE0, 0, 7, 0, 0, 0, 9, 0, 0, 0, 1, 1, 1, 1, 1, 0xBE, 0xDE, 0, 1, 5, 5, 5, 5, 0xAA, 0xBB, 0, 2];
        Assert.True(RtpPacket.TryParse(packet, out var parsed));
        Assert.Equal("AABB", Convert.ToHexString(parsed.Payload));
        Assert.True(parsed.Marker);
        Assert.Equal((96, 7, 9u), (parsed.PayloadType, parsed.Sequence, parsed.Timestamp));
    }

    [Theory]
    [InlineData("")]
    [InlineData("8060000700000009000000")]
    [InlineData("4060000700000009000000 01AA")]
    [InlineData("9060000700000009000000 01BEDE0005AA")]
    [InlineData("A060000700000009000000 01AAFF")]
    [InlineData("A060000700000009000000 01AA00")]
    [InlineData("8F60000700000009000000 01AA")]
    public void ContradictingLengths_AreRefused(string hex) =>
        Assert.False(RtpPacket.TryParse(Convert.FromHexString(hex.Replace(" ", "", StringComparison.Ordinal)), out _));

    [Fact]
    public void SenderReport_IsReadFromACompound_InTheNearestEra()
    {
        byte[] compound = [0x80, 200, 0, 6, 0, 0, 0x12, 0x34, 0xED, 0x4D, 0x4B, 0x40, 0x80, 0, 0, 0, 0, 0, 0, 90, .. new byte[8], 0x81, 203, 0, 1, 0, 0, 0x12, 0x34];
        Assert.True(Rtcp.TryRead(compound, out var report, out var bye));
        Assert.True(bye);
        Assert.Equal((0x1234u, 90u), (report.Source, report.Timestamp));
        var near = Instant.FromUtc(2026, 2, 28, 0, 0);
        var time = report.TimeNear(near);
        Assert.Equal(500, time.ToUnixTimeMilliseconds() % 1000);
        Assert.InRange((time - near).TotalDays, -200, 200);
        Assert.InRange((new SenderReport(1, 5UL << 32, 0).TimeNear(Instant.FromUtc(2036, 2, 7, 7, 0)) - Instant.FromUtc(2036, 2, 7, 6, 28, 16)).TotalSeconds, 4, 6);
    }

    [Fact]
    public void ReceiverReport_SaysWhatWasLost()
    {
        var tracker = new SequenceTracker();
        foreach (var sequence in new[] { 10, 11, 12, 15 })
        {
            Assert.True(RtpPacket.TryParse(RtpBytes.Packet(sequence, 0, false, [1]), out var packet));
            tracker.Next(packet, out _);
        }

        var report = new byte[Rtcp.ReceiverReportLength];
        Rtcp.WriteReceiverReport(report, 77, tracker, 0xAABBCCDD, 65536);
        Assert.Equal("81C900070000004D00001234" + "55000002" + "0000000F" + "00000000" + "AABBCCDD" + "00010000", Convert.ToHexString(report.AsSpan(0, 32)));
        Assert.Equal("81CA00030000004D010468 6C6472 0000".Replace(" ", "", StringComparison.Ordinal), Convert.ToHexString(report.AsSpan(32)));
    }
}
