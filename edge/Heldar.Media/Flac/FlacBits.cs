namespace Heldar.Media.Flac;

/// <summary>Writes bits, most significant first, into the caller's memory. The caller has checked that they fit.</summary>
internal ref struct FlacBits(Span<byte> target)
{
    private readonly Span<byte> _target = target;
    private ulong _held;
    private int _count;

    /// <summary>Whole bytes written.</summary>
    public int Length { get; private set; }

    /// <summary>Appends the low <paramref name="bits"/> (0 to 32) of a value.</summary>
    public void Write(uint value, int bits)
    {
        _held = (_held << bits) | (value & ((1UL << bits) - 1));
        _count += bits;
        while (_count >= 8)
        {
            _count -= 8;
            _target[Length++] = (byte)(_held >> _count);
        }
    }

    /// <summary>Appends zeros and a one.</summary>
    public void Unary(uint zeros)
    {
        for (; zeros >= 32; zeros -= 32) Write(0, 32);
        Write(1, (int)zeros + 1);
    }

    /// <summary>Fills the last byte with zeros.</summary>
    public void Align()
    {
        if (_count > 0) Write(0, 8 - _count);
    }
}
