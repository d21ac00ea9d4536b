using System.Globalization;
using System.Text;

namespace Heldar.Edge.Access;

/// <summary>
/// What a person's name may be, so that no two names look alike: precomposed letters of one kind of script (Latin, or others without Latin), ASCII digits, and
/// spaces and <c>. _ - ' @</c> between them. No combining marks, no invisible, turned or compatibility characters, which nothing here could bring to one form.
/// </summary>
internal static class UserNames
{
    public const int MaxLength = 64;
    private const string Between = " ._-'@";

    /// <summary>The name as it is kept, or null for what can be none.</summary>
    public static string? Read(string? typed)
    {
        var name = typed?.Trim(' ');
        if (name is not { Length: >= 1 and <= MaxLength } || name.Contains("  ", StringComparison.Ordinal) || Between.Contains(name[0], StringComparison.Ordinal)) return null;
        var (latin, other) = (false, false);
        foreach (var rune in name.EnumerateRunes())
        {
            if (char.IsAsciiDigit((char)Math.Min(rune.Value, char.MaxValue)) || (rune.IsAscii && Between.Contains((char)rune.Value, StringComparison.Ordinal))) continue;
            if (!IsPlainLetter(rune)) return null;
            if (rune.Value is < 0x0250 or (>= 0x1E00 and <= 0x1EFF)) latin = true;
            else other = true;
        }

        return latin && other ? null : name;
    }

    /// <summary>Two names with the same key are the same name.</summary>
    public static string Key(string name) => name.ToLowerInvariant();

    private static bool IsPlainLetter(Rune rune) =>
        Rune.GetUnicodeCategory(rune) is UnicodeCategory.UppercaseLetter or UnicodeCategory.LowercaseLetter or UnicodeCategory.OtherLetter
        && rune.Value is < 0x2000 or (>= 0x3040 and < 0xF900)
        && rune.Value is not (0x00AA or 0x00BA or 0x0131 or 0x017F or 0x0184 or 0x0185 or 0x01C0 or 0x01C1 or 0x01C2 or 0x01C3 or (>= 0x115F and <= 0x1160) or 0x3164);
}
