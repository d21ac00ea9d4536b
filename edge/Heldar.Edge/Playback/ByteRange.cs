using System.Globalization;
using System.Runtime.InteropServices;

namespace Heldar.Edge.Playback;

/// <summary>One byte range within a body (RFC 9110 §14). Both ends inclusive.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct ByteRange(long From, long To)
{
    public long Length => To - From + 1;

    /// <summary>Reads a Range header with exactly one range and cuts it to the body.</summary>
    /// <param name="header">For example <c>bytes=0-99</c>, <c>bytes=100-</c> or <c>bytes=-100</c>.</param>
    /// <param name="length">Bytes of the body.</param>
    /// <param name="range">The part that is meant; only valid when the answer is true.</param>
    /// <returns>True for a range within the body, false for one outside, null for a header that is to be ignored.</returns>
    public static bool? TryParse(string? header, long length, out ByteRange range)
    {
        range = default;
        if (header is null || header.Length > 100 || !header.StartsWith("bytes=", StringComparison.Ordinal)) return null;
        var parts = header[6..].Split('-');
        if (parts.Length != 2 || !Number(parts[0], out var from) || !Number(parts[1], out var to) || (from is null && to is null)) return null;
        if (from is null) range = new ByteRange(Math.Max(0, length - to!.Value), length - 1);
        else if (to < from) return null;
        else range = new ByteRange(from.Value, Math.Min(to ?? long.MaxValue, length - 1));
        return range.From < length && range.Length > 0;
    }

    private static bool Number(string text, out long? value)
    {
        value = null;
        if (text.Length == 0) return true;
        if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)) return false;
        value = number;
        return true;
    }
}
