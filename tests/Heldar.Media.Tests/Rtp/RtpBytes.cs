using System.Buffers.Binary;

namespace Heldar.Media.Tests.Rtp;

/// <summary>Writes RTP packets and payloads by the letter of the RFCs.</summary>
internal static class RtpBytes
{
    public static byte[] Packet(int sequence, uint timestamp, bool marker, ReadOnlySpan<byte> payload, int type = 96, uint source = 0x1234)
    {
        var packet = new byte[12 + payload.Length];
        packet[0] = 0x80;
        packet[1] = (byte)((marker ? 0x80 : 0) | type);
        BinaryPrimitives.WriteUInt16BigEndian(packet.AsSpan(2), (ushort)sequence);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(4), timestamp);
        BinaryPrimitives.WriteUInt32BigEndian(packet.AsSpan(8), source);
        payload.CopyTo(packet.AsSpan(12));
        return packet;
    }

    public static byte[] StapA(params byte[][] nals) => [0x18, .. nals.SelectMany(WithLength)];

    public static byte[] HevcAggregate(params byte[][] nals) => [0x60, 0x01, .. nals.SelectMany(WithLength)];

    public static List<byte[]> FuA(byte[] nal, int chunk)
    {
        var parts = new List<byte[]>();
        for (var at = 1; at < nal.Length; at += chunk)
        {
            var end = Math.Min(nal.Length, at + chunk);
            var flags = (at == 1 ? 0x80 : 0) | (end == nal.Length ? 0x40 : 0);
            parts.Add([(byte)((nal[0] & 0xE0) | 28), (byte)(flags | (nal[0] & 0x1F)), .. nal[at..end]]);
        }

        return parts;
    }

    public static List<byte[]> HevcFragments(byte[] nal, int chunk)
    {
        var parts = new List<byte[]>();
        for (var at = 2; at < nal.Length; at += chunk)
        {
            var end = Math.Min(nal.Length, at + chunk);
            var flags = (at == 2 ? 0x80 : 0) | (end == nal.Length ? 0x40 : 0);
            parts.Add([(byte)((nal[0] & 0x81) | (49 << 1)), nal[1], (byte)(flags | ((nal[0] >> 1) & 0x3F)), .. nal[at..end]]);
        }

        return parts;
    }

    /// <summary>NAL units as they stand in an access unit.</summary>
    public static byte[] Sample(params byte[][] nals) => [.. nals.SelectMany(n => new byte[] { 0, 0, (byte)(n.Length >> 8), (byte)n.Length }.Concat(n))];

    private static IEnumerable<byte> WithLength(byte[] nal) => new[] { (byte)(nal.Length >> 8), (byte)nal.Length }.Concat(nal);
}
