using System.Globalization;
using System.Numerics;
using System.Text;

namespace Heldar.Media.Codecs;

/// <summary>NAL unit types (ITU-T H.265 table 7-1) and the sequence parameter set (§7.3.2.2).</summary>
internal static class H265
{
    public const int Vps = 32;
    public const int Sps = 33;
    public const int Pps = 34;
    public const int AccessUnitDelimiter = 35;
    public const int Filler = 38;

    public static int TypeOf(byte header) => (header >> 1) & 0x3F;

    public static bool IsPicture(int type) => type < 32;

    /// <summary>IDR, BLA or CRA: decoding can start here.</summary>
    public static bool IsRandomAccess(int type) => type is >= 16 and <= 21;

    /// <summary>Null when the bytes are not a usable sequence parameter set.</summary>
    /// <param name="nal">The NAL unit with its two header bytes.</param>
    public static SpsInfo? ParseSps(ReadOnlySpan<byte> nal)
    {
        if (nal.Length < 16 || TypeOf(nal[0]) != Sps) return null;
        var bits = new BitReader(nal[2..]);
        bits.Skip(4);
        var subLayers = (int)bits.Bits(3);
        bits.Skip(1);
        var codec = ReadProfile(ref bits, subLayers);
        var id = bits.Unsigned();
        var chroma = bits.Unsigned();
        var separatePlanes = chroma == 3 && bits.Flag();
        long width = bits.Unsigned();
        long height = bits.Unsigned();
        if (bits.Flag())
        {
            long left = bits.Unsigned(), right = bits.Unsigned(), top = bits.Unsigned(), bottom = bits.Unsigned();
            width -= (separatePlanes || chroma is 0 or 3 ? 1 : 2) * (left + right);
            height -= (!separatePlanes && chroma == 1 ? 2 : 1) * (top + bottom);
        }

        return bits.Overrun || id > 15 || chroma > 3 ? null : SpsInfo.Checked(id, width, height, codec);
    }

    /// <summary>vps_video_parameter_set_id, or −1.</summary>
    public static int VpsId(ReadOnlySpan<byte> nal) => nal.Length < 4 ? -1 : nal[2] >> 4;

    /// <summary>pps_pic_parameter_set_id, or −1.</summary>
    public static int PpsId(ReadOnlySpan<byte> nal)
    {
        if (nal.Length < 3) return -1;
        var bits = new BitReader(nal[2..]);
        var id = bits.Unsigned();
        return bits.Overrun || id > 63 ? -1 : (int)id;
    }

    /// <summary>profile_tier_level (§7.3.3) as the codecs parameter of ISO 14496-15 annex E.3.</summary>
    private static string ReadProfile(ref BitReader bits, int subLayers)
    {
        var space = bits.Bits(2);
        var tier = bits.Bits(1);
        var profile = bits.Bits(5);
        var compatibility = Reverse(bits.Bits(32));
        Span<byte> constraints = stackalloc byte[6];
        foreach (ref var constraint in constraints) constraint = (byte)bits.Bits(8);
        var level = bits.Bits(8);
        SkipSubLayers(ref bits, subLayers);

        var text = new StringBuilder("hvc1.", 40);
        if (space > 0) text.Append((char)('A' + space - 1));
        text.Append(CultureInfo.InvariantCulture, $"{profile}.{compatibility:X}.{(tier == 0 ? 'L' : 'H')}{level}");
        var used = constraints.LastIndexOfAnyExcept((byte)0) + 1;
        foreach (var constraint in constraints[..used]) text.Append(CultureInfo.InvariantCulture, $".{constraint:X}");
        return text.ToString();
    }

    private static uint Reverse(uint value)
    {
        uint result = 0;
        for (var i = 0; i < 32; i++)
        {
            result = (result << 1) | (value & 1);
            value >>= 1;
        }

        return result;
    }

    private static void SkipSubLayers(ref BitReader bits, int subLayers)
    {
        if (subLayers == 0) return;
        uint present = 0;
        for (var i = 0; i < 8; i++) present = (present << 2) | (i < subLayers ? bits.Bits(2) : bits.Bits(2) & 0);
        bits.Skip((88 * BitOperations.PopCount(present & 0xAAAA)) + (8 * BitOperations.PopCount(present & 0x5555)));
    }
}
