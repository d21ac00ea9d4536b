namespace Heldar.Media.Flac;

/// <summary>The two checksums of a FLAC frame (RFC 9639 §9.1.8, §9.3).</summary>
internal static class FlacChecks
{
    private static readonly ushort[] Table16 = [.. Enumerable.Range(0, 256).Select(i => Step(i << 8, 0x8005, 16))];
    private static readonly ushort[] Table8 = [.. Enumerable.Range(0, 256).Select(i => Step(i, 0x07, 8))];

    public static byte Crc8(ReadOnlySpan<byte> bytes)
    {
        var crc = 0;
        foreach (var b in bytes) crc = Table8[crc ^ b];
        return (byte)crc;
    }

    public static ushort Crc16(ReadOnlySpan<byte> bytes)
    {
        var crc = 0;
        foreach (var b in bytes) crc = ((crc << 8) ^ Table16[(crc >> 8) ^ b]) & 0xFFFF;
        return (ushort)crc;
    }

    private static ushort Step(int value, int polynomial, int width)
    {
        for (var i = 0; i < 8; i++) value = (value << 1) ^ ((value & (1 << (width - 1))) != 0 ? polynomial : 0);
        return (ushort)(value & ((1 << width) - 1));
    }
}
