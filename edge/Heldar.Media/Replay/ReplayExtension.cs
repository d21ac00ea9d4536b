using System.Buffers.Binary;
using Heldar.Media.Rtp;
using NodaTime;

namespace Heldar.Media.Replay;

/// <summary>What the replay extension of an RTP packet says (ONVIF Streaming Specification §6.3).</summary>
/// <param name="Time">When the access unit was taken, by the camera's clock.</param>
/// <param name="Ends">E: the last of a contiguous section, or of all footage.</param>
/// <param name="Discontinuous">D: it does not follow what was sent before.</param>
/// <param name="Terminal">T: nothing comes after it.</param>
internal readonly record struct ReplayStamp(Instant Time, bool Ends, bool Discontinuous, bool Terminal);

/// <summary>Reads the RTP header extension 0xABAC. Made for hostile packets: nothing throws for what the bytes say.</summary>
internal static class ReplayExtension
{
    private const int Profile = 0xABAC;
    private const int FixedHeader = 12;
    private const int Body = 12;
    private const int EndBit = 0x40;
    private const int DiscontinuityBit = 0x20;
    private const int TerminalBit = 0x10;

    /// <summary>False when the packet has no such extension, or one that is cut off.</summary>
    /// <param name="packet">The whole RTP packet.</param>
    /// <param name="near">Tells which NTP era is meant.</param>
    /// <param name="timestamp">RTP timestamp of the packet.</param>
    /// <param name="stamp">What it says.</param>
    public static bool TryRead(ReadOnlySpan<byte> packet, Instant near, out uint timestamp, out ReplayStamp stamp)
    {
        (timestamp, stamp) = (0, default);
        if (packet.Length < FixedHeader || packet[0] >> 6 != 2 || (packet[0] & 0x10) == 0) return false;
        var at = FixedHeader + ((packet[0] & 0x0F) * 4);
        if (packet.Length < at + 4 || BinaryPrimitives.ReadUInt16BigEndian(packet[at..]) != Profile) return false;
        var length = BinaryPrimitives.ReadUInt16BigEndian(packet[(at + 2)..]) * 4;
        var body = packet[(at + 4)..];
        if (length < Body || body.Length < length) return false;
        var ntp = BinaryPrimitives.ReadUInt64BigEndian(body);
        if (ntp == 0) return false;
        timestamp = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        var flags = body[8];
        stamp = new ReplayStamp(
            new SenderReport(0, ntp, 0).TimeNear(near), (flags & EndBit) != 0, (flags & DiscontinuityBit) != 0, (flags & TerminalBit) != 0);
        return true;
    }
}
