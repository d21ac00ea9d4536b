using System.Buffers.Text;
using System.Text;

namespace Heldar.Edge.Seals;

/// <summary>
/// Reads of a <c>fragments</c> line only what its chain needs. Nearly all lines are of this kind, and who looks for something else need not parse them. The chain covers
/// their bytes all the same.
/// </summary>
internal static class FragmentsLine
{
    /// <summary>Number and digest of the line before; false for any other line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="prev">64 characters, which the digest is written to.</param>
    /// <param name="seq">The number.</param>
    public static bool TryRead(ReadOnlySpan<byte> line, Span<char> prev, out long seq)
    {
        seq = 0;
        if (!Skip(ref line, "{\"seq\":"u8) || !Utf8Parser.TryParse(line, out seq, out var digits) || seq < 1) return false;
        line = line[digits..];
        if (!Skip(ref line, ",\"prev\":\""u8) || line.Length < prev.Length || Ascii.ToUtf16(line[..prev.Length], prev, out _) != System.Buffers.OperationStatus.Done) return false;
        line = line[prev.Length..];
        if (!Skip(ref line, "\",\"at\":\""u8)) return false;
        var end = line.IndexOf((byte)'"');
        if (end < 0) return false;
        line = line[end..];
        return Skip(ref line, "\",\"type\":\"fragments\",\"fragments\":{"u8) && line.EndsWith("}}"u8);
    }

    private static bool Skip(ref ReadOnlySpan<byte> line, ReadOnlySpan<byte> text)
    {
        if (!line.StartsWith(text)) return false;
        line = line[text.Length..];
        return true;
    }
}
