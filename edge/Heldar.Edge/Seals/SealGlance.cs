using System.Buffers.Text;

namespace Heldar.Edge.Seals;

/// <summary>
/// What a line says at first glance: its type and, of segments, whose they are, without parsing it. For those who look through millions of lines for a few; one that is not written as
/// <see cref="SealLog"/> writes it must be parsed. Says nothing about the chain. Lives as long as the line.
/// </summary>
internal readonly ref struct SealGlance
{
    private const int GuidLength = 36;
    private const int DigestLength = 64;

    private SealGlance(ReadOnlySpan<byte> type, ReadOnlySpan<byte> path, Guid camera, ReadOnlySpan<byte> slug)
    {
        Type = type;
        Path = path;
        Camera = camera;
        Slug = slug;
    }

    /// <summary>As it stands in the line, for example <c>closed</c>.</summary>
    public ReadOnlySpan<byte> Type { get; }

    /// <summary>Of <c>opened</c>, <c>closed</c> and <c>salvaged</c>: the path of the file; otherwise empty.</summary>
    public ReadOnlySpan<byte> Path { get; }

    /// <summary>Of the same: the camera.</summary>
    public Guid Camera { get; }

    /// <summary>Of <c>opened</c>: the folder of the camera.</summary>
    public ReadOnlySpan<byte> Slug { get; }

    /// <summary>Looks at a whole line.</summary>
    /// <param name="line">The line.</param>
    /// <param name="seen">What it says.</param>
    /// <returns>False when it must be parsed.</returns>
    public static bool TryRead(ReadOnlySpan<byte> line, out SealGlance seen)
    {
        seen = default;
        if (!line.EndsWith("}"u8) || !Skip(ref line, "{\"seq\":"u8) || !Utf8Parser.TryParse(line, out long seq, out var digits) || seq < 1) return false;
        line = line[digits..];
        if (!Skip(ref line, ",\"prev\":\""u8) || !Skip(ref line, DigestLength) || !Skip(ref line, "\",\"at\":\""u8)) return false;
        if (!Text(ref line, out _) || !Skip(ref line, ",\"type\":\""u8) || !Text(ref line, out var type)) return false;
        seen = new SealGlance(type, default, default, default);
        var opened = type.SequenceEqual("opened"u8);
        if (!opened && !type.SequenceEqual("closed"u8) && !type.SequenceEqual("salvaged"u8)) return true;
        if (!Skip(ref line, ",\"path\":\""u8) || !Text(ref line, out var path) || !Skip(ref line, opened ? ",\"opened\":{\"segment\":\""u8 : ",\"data\":{\"segment\":\""u8)) return false;
        if (!Skip(ref line, GuidLength) || !Skip(ref line, "\",\"camera\":\""u8) || !Utf8Parser.TryParse(line, out Guid camera, out var id) || id != GuidLength) return false;
        line = line[id..];
        ReadOnlySpan<byte> slug = default;
        if (opened && (!Skip(ref line, "\",\"slug\":\""u8) || !Text(ref line, out slug))) return false;
        seen = new SealGlance(type, path, camera, slug);
        return true;
    }

    /// <summary>Up to the closing quote, which is passed; nothing with an escape in it.</summary>
    private static bool Text(scoped ref ReadOnlySpan<byte> line, out ReadOnlySpan<byte> text)
    {
        var end = line.IndexOfAny((byte)'"', (byte)'\\');
        text = end < 0 ? default : line[..end];
        if (end < 0 || line[end] != '"') return false;
        line = line[(end + 1)..];
        return true;
    }

    private static bool Skip(scoped ref ReadOnlySpan<byte> line, scoped ReadOnlySpan<byte> text)
    {
        if (!line.StartsWith(text)) return false;
        line = line[text.Length..];
        return true;
    }

    private static bool Skip(scoped ref ReadOnlySpan<byte> line, int length)
    {
        if (line.Length < length) return false;
        line = line[length..];
        return true;
    }
}
