namespace Heldar.Media.Tests;

/// <summary>Real parameter sets (x264, x265) and made-up slices.</summary>
internal static class Nals
{
    /// <summary>Main profile, 1920×1080 interlaced (cropped from 1088).</summary>
    public static byte[] Sps1080i { get; } = Convert.FromHexString("674D4028F403C0227EF011000003000100000300321F162EA0");

    public static byte[] Pps { get; } = Convert.FromHexString("68DE0FC8");

    /// <summary>Another PPS under the same id 0.</summary>
    public static byte[] OtherPps { get; } = Convert.FromHexString("68CE0FC8");

    /// <summary>Baseline, 640×480, made by hand.</summary>
    public static byte[] Sps480 { get; } = BitWriter.H264Sps(profile: 66, level: 30, widthInBlocks: 40, heightInBlocks: 30);

    public static byte[] HevcVps { get; } = Convert.FromHexString("40010C01FFFF01600000030090000003000003005D959409");

    /// <summary>Main profile, 1280×720.</summary>
    public static byte[] HevcSps720 { get; } = Convert.FromHexString("42010101600000030090000003000003005DA00280802D16595952930BC05A02000003000200000300 3210".Replace(" ", "", StringComparison.Ordinal));

    /// <summary>Main profile, 1918×1078 by conformance window.</summary>
    public static byte[] HevcSps1078 { get; } = Convert.FromHexString("420101016000000300900000030000030078A003C0801107536595952930BC05A020000003000200000300 3210".Replace(" ", "", StringComparison.Ordinal));

    public static byte[] HevcPps { get; } = Convert.FromHexString("4401C073C189");

    /// <summary>An IDR slice; the first one of its picture has first_mb_in_slice 0.</summary>
    public static byte[] Idr(int length = 100, bool first = true) => Filled(0x65, first ? (byte)0x88 : (byte)0x10, length);

    public static byte[] Slice(int length = 50) => Filled(0x41, 0x9A, length);

    public static byte[] Sei(int length = 20) => Filled(0x06, 0x05, length);

    public static byte[] HevcIdr(int length = 100) => [0x26, 0x01, .. Filled(0xAF, 0x11, length - 2)];

    public static byte[] HevcSlice(int length = 50) => [0x02, 0x01, .. Filled(0xD0, 0x11, length - 2)];

    private static byte[] Filled(byte first, byte second, int length)
    {
        var nal = new byte[length];
        for (var i = 0; i < length; i++) nal[i] = (byte)(17 + (i % 200));
        nal[0] = first;
        nal[1] = second;
        return nal;
    }
}
