namespace Heldar.Media.Codecs;

/// <summary>
/// Reads bits of a NAL unit's payload, leaving out emulation prevention bytes (H.264 §7.3.1.1, H.265 §7.3.1.1). Reading past the end yields
/// zeros and sets <see cref="Overrun"/>, so that a parser over hostile bytes checks once at its end.
/// </summary>
/// <param name="payload">The NAL unit behind its header.</param>
internal ref struct BitReader(ReadOnlySpan<byte> payload)
{
    private readonly ReadOnlySpan<byte> _bytes = payload;
    private int _next;
    private int _zeros;
    private int _current;
    private int _left;

    /// <summary>Bits were asked for that do not exist.</summary>
    public bool Overrun { get; private set; }

    public bool Flag() => Bits(1) != 0;

    /// <summary>u(n), n from 0 to 32.</summary>
    public uint Bits(int count)
    {
        uint value = 0;
        for (var i = 0; i < count; i++)
        {
            if (_left == 0 && !Load()) return 0;
            _left--;
            value = (value << 1) | (uint)((_current >> _left) & 1);
        }

        return value;
    }

    public void Skip(int count)
    {
        for (; count > 32 && !Overrun; count -= 32) Bits(32);
        if (!Overrun) Bits(count);
    }

    /// <summary>ue(v), Exp-Golomb; more than 31 leading zeros is an overrun.</summary>
    public uint Unsigned()
    {
        var zeros = 0;
        while (!Flag())
        {
            if (Overrun || ++zeros > 31)
            {
                Overrun = true;
                return 0;
            }
        }

        return zeros == 0 ? 0 : (1u << zeros) - 1 + Bits(zeros);
    }

    /// <summary>se(v).</summary>
    public int Signed()
    {
        var code = Unsigned();
        return (code & 1) == 0 ? -(int)(code >> 1) : (int)((code >> 1) + 1);
    }

    private bool Load()
    {
        if (_zeros >= 2 && _next < _bytes.Length && _bytes[_next] == 3)
        {
            _next++;
            _zeros = 0;
        }

        if (_next >= _bytes.Length)
        {
            Overrun = true;
            return false;
        }

        _current = _bytes[_next++];
        _zeros = _current == 0 ? _zeros + 1 : 0;
        _left = 8;
        return true;
    }
}
