using System.Buffers.Binary;

namespace Heldar.Media.Rtp;

/// <summary>An RTP packet (RFC 3550 §5.1) in place.</summary>
internal readonly ref struct RtpPacket
{
    private const int FixedHeader = 12;

    private RtpPacket(ReadOnlySpan<byte> packet, ReadOnlySpan<byte> payload)
    {
        Marker = (packet[1] & 0x80) != 0;
        PayloadType = packet[1] & 0x7F;
        Sequence = BinaryPrimitives.ReadUInt16BigEndian(packet[2..]);
        Timestamp = BinaryPrimitives.ReadUInt32BigEndian(packet[4..]);
        Source = BinaryPrimitives.ReadUInt32BigEndian(packet[8..]);
        Payload = payload;
    }

    public bool Marker { get; }

    public int PayloadType { get; }

    public ushort Sequence { get; }

    public uint Timestamp { get; }

    /// <summary>SSRC.</summary>
    public uint Source { get; }

    /// <summary>Without contributing sources, header extension and padding.</summary>
    public ReadOnlySpan<byte> Payload { get; }

    /// <summary>False when lengths contradict each other or the version is not 2.</summary>
    public static bool TryParse(ReadOnlySpan<byte> packet, out RtpPacket parsed)
    {
        parsed = default;
        if (packet.Length < FixedHeader || packet[0] >> 6 != 2) return false;
        var start = FixedHeader + ((packet[0] & 0x0F) * 4);
        if ((packet[0] & 0x10) != 0)
        {
            if (packet.Length < start + 4) return false;
            start += 4 + (BinaryPrimitives.ReadUInt16BigEndian(packet[(start + 2)..]) * 4);
        }

        var end = packet.Length;
        if ((packet[0] & 0x20) != 0)
        {
            var padding = packet[^1];
            if (padding == 0) return false;
            end -= padding;
        }

        if (start > end) return false;
        parsed = new RtpPacket(packet, packet[start..end]);
        return true;
    }
}
