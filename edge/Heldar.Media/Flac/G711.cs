namespace Heldar.Media.Flac;

/// <summary>The expansion tables of ITU-T G.711, to 16-bit linear samples. All µ-law values are multiples of 4, all A-law values of 8.</summary>
internal static class G711
{
    public const int MuWastedBits = 2;
    public const int AWastedBits = 3;

    public static short[] MuLaw { get; } = [.. Enumerable.Range(0, 256).Select(ExpandMu)];

    public static short[] ALaw { get; } = [.. Enumerable.Range(0, 256).Select(ExpandA)];

    private static short ExpandMu(int code)
    {
        code = ~code & 0xFF;
        var magnitude = ((((code & 0x0F) << 3) + 0x84) << ((code >> 4) & 7)) - 0x84;
        return (short)((code & 0x80) != 0 ? -magnitude : magnitude);
    }

    private static short ExpandA(int code)
    {
        code ^= 0x55;
        var segment = (code >> 4) & 7;
        var magnitude = ((code & 0x0F) << 4) + 8;
        if (segment > 0) magnitude = (magnitude + 0x100) << (segment - 1);
        return (short)((code & 0x80) != 0 ? magnitude : -magnitude);
    }
}
