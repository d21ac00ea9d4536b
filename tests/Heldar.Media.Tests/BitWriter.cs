namespace Heldar.Media.Tests;

/// <summary>Writes bits as RBSP, with emulation prevention.</summary>
internal sealed class BitWriter
{
    private readonly List<bool> _bits = [];

    public static byte[] H264Sps(int profile, int level, uint widthInBlocks, uint heightInBlocks)
    {
        var bits = new BitWriter().Bits((uint)profile, 8).Bits(0, 8).Bits((uint)level, 8).Unsigned(0);
        if (profile >= 100) bits.Unsigned(1).Unsigned(0).Unsigned(0).Bits(0, 2);
        bits.Unsigned(0).Unsigned(2).Unsigned(1).Bits(0, 1).Unsigned(widthInBlocks - 1).Unsigned(heightInBlocks - 1);
        bits.Bits(1, 1).Bits(1, 1).Bits(0, 1).Bits(0, 1).Bits(1, 1);
        return [0x67, .. bits.ToBytes()];
    }

    public BitWriter Bits(uint value, int count)
    {
        for (var i = count - 1; i >= 0; i--) _bits.Add(((value >> i) & 1) != 0);
        return this;
    }

    public BitWriter Unsigned(uint value)
    {
        var length = 32 - System.Numerics.BitOperations.LeadingZeroCount(value + 1);
        return Bits(0, length - 1).Bits(value + 1, length);
    }

    public byte[] ToBytes()
    {
        var bytes = new List<byte>();
        var zeros = 0;
        for (var at = 0; at < _bits.Count; at += 8)
        {
            var value = 0;
            for (var i = 0; i < 8; i++) value = (value << 1) | (at + i < _bits.Count && _bits[at + i] ? 1 : 0);
            if (zeros >= 2 && value <= 3)
            {
                bytes.Add(3);
                zeros = 0;
            }

            bytes.Add((byte)value);
            zeros = value == 0 ? zeros + 1 : 0;
        }

        return [.. bytes];
    }
}
