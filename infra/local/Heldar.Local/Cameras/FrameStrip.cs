namespace Heldar.Local.Cameras;

/// <summary>
/// The frame number in the pixels: a row of square cells along the top edge, white, black, 24 bits of the number (most significant first, white
/// is 1), 8 bits of check. The number is the frame's index in the looped footage.
/// </summary>
internal static class FrameStrip
{
    /// <summary>Cells in the row.</summary>
    public const int Cells = 34;

    /// <summary>Side of a cell in pixels for a picture height.</summary>
    public static int Side(int height) => Math.Max(16, height / 45 / 2 * 2);

    /// <summary>One row of <see cref="Cells"/> grey pixels (0 or 255).</summary>
    public static byte[] Draw(int number)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(number);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(number, 0xFFFFFF);
        var row = new byte[Cells];
        row[0] = 255;
        for (int bit = 0; bit < 24; bit++) row[2 + bit] = White((number >> (23 - bit)) & 1);
        for (int bit = 0; bit < 8; bit++) row[26 + bit] = White((int)(Check(number) >> (7 - bit)) & 1);
        return row;
    }

    /// <summary>Reads the number from a grey picture, from the middle of each cell; null when the marks or the check do not fit.</summary>
    /// <param name="grey">Luma, 0 to 255, row by row.</param>
    /// <param name="stride">Bytes per row.</param>
    /// <param name="side">Side of a cell, see <see cref="Side"/>.</param>
    public static int? Read(ReadOnlySpan<byte> grey, int stride, int side)
    {
        if (stride < Cells * side || grey.Length < stride * side) return null;
        int row = side / 2 * stride;
        uint bits = 0;
        if (grey[row + side / 2] < 128 || grey[row + side + side / 2] >= 128) return null;
        for (int cell = 2; cell < Cells; cell++) bits = bits << 1 | (grey[row + cell * side + side / 2] >= 128 ? 1u : 0u);
        int number = (int)(bits >> 8);
        return (bits & 0xFF) == Check(number) ? number : null;
    }

    private static uint Check(int number) => (uint)((((number >> 16) + (number >> 8 & 0xFF) + (number & 0xFF)) & 0xFF) ^ 0xA5);

    private static byte White(int bit) => bit == 1 ? (byte)255 : (byte)0;
}
