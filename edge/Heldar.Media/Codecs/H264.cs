using System.Globalization;

namespace Heldar.Media.Codecs;

/// <summary>NAL unit types (ITU-T H.264 table 7-1) and the sequence parameter set (§7.3.2.1.1).</summary>
internal static class H264
{
    public const int Slice = 1;
    public const int Idr = 5;
    public const int Sps = 7;
    public const int Pps = 8;
    public const int AccessUnitDelimiter = 9;
    public const int Filler = 12;

    public static int TypeOf(byte header) => header & 0x1F;

    public static bool IsPicture(int type) => type is >= Slice and <= Idr;

    /// <summary>Null when the bytes are not a usable sequence parameter set.</summary>
    /// <param name="nal">The NAL unit with its header byte.</param>
    public static SpsInfo? ParseSps(ReadOnlySpan<byte> nal)
    {
        if (nal.Length < 4 || TypeOf(nal[0]) != Sps) return null;
        var bits = new BitReader(nal[1..]);
        var profile = bits.Bits(8);
        var constraints = bits.Bits(8);
        var level = bits.Bits(8);
        var id = bits.Unsigned();
        uint chroma = 1;
        var separatePlanes = false;
        if (HasChroma(profile))
        {
            chroma = bits.Unsigned();
            if (chroma == 3) separatePlanes = bits.Flag();
            bits.Unsigned();
            bits.Unsigned();
            bits.Skip(1);
            if (bits.Flag()) SkipScalingLists(ref bits, chroma == 3 ? 12 : 8);
        }

        bits.Unsigned();
        SkipPictureOrder(ref bits);
        bits.Unsigned();
        bits.Skip(1);
        var widthInBlocks = bits.Unsigned() + 1L;
        var heightInUnits = bits.Unsigned() + 1L;
        var framesOnly = bits.Flag();
        if (!framesOnly) bits.Skip(1);
        bits.Skip(1);
        long left = 0, right = 0, top = 0, bottom = 0;
        if (bits.Flag())
        {
            left = bits.Unsigned();
            right = bits.Unsigned();
            top = bits.Unsigned();
            bottom = bits.Unsigned();
        }

        if (bits.Overrun || id > 31 || chroma > 3) return null;
        var fields = framesOnly ? 1 : 2;
        var cropX = separatePlanes || chroma is 0 or 3 ? 1 : 2;
        var cropY = (!separatePlanes && chroma == 1 ? 2 : 1) * fields;
        return SpsInfo.Checked(
            id,
            (widthInBlocks * 16) - (cropX * (left + right)),
            (heightInUnits * 16 * fields) - (cropY * (top + bottom)),
            string.Create(CultureInfo.InvariantCulture, $"avc1.{profile:X2}{constraints:X2}{level:X2}"));
    }

    /// <summary>pic_parameter_set_id, or −1.</summary>
    public static int PpsId(ReadOnlySpan<byte> nal)
    {
        if (nal.Length < 2) return -1;
        var bits = new BitReader(nal[1..]);
        var id = bits.Unsigned();
        return bits.Overrun || id > 255 ? -1 : (int)id;
    }

    private static bool HasChroma(uint profile) => profile is 100 or 110 or 122 or 244 or 44 or 83 or 86 or 118 or 128 or 138 or 139 or 134 or 135;

    private static void SkipPictureOrder(ref BitReader bits)
    {
        var type = bits.Unsigned();
        if (type == 0)
        {
            bits.Unsigned();
            return;
        }

        if (type != 1) return;
        bits.Skip(1);
        bits.Signed();
        bits.Signed();
        var cycle = bits.Unsigned();
        for (uint i = 0; i < cycle && !bits.Overrun; i++) bits.Signed();
    }

    private static void SkipScalingLists(ref BitReader bits, int count)
    {
        for (var i = 0; i < count; i++)
        {
            if (!bits.Flag()) continue;
            var size = i < 6 ? 16 : 64;
            int last = 8, next = 8;
            for (var j = 0; j < size && !bits.Overrun; j++)
            {
                if (next != 0) next = (last + bits.Signed() + 256) & 0xFF;
                last = next == 0 ? last : next;
            }
        }
    }
}
