using System.Text;
using System.Text.Json;
using NodaTime;

namespace Heldar.Contracts.Events;

/// <summary>
/// Rules that the data of events shares. A sender checks before it appends, a handler before it applies: what passes here can be stored, whoever sent it.
/// </summary>
public static class EventRules
{
    /// <summary>Times lie from 1970 to the end of 9998: every store and every UUIDv7 can hold them. A box without a clock starts in 1970.</summary>
    private static readonly Instant Latest = Instant.FromUtc(9999, 1, 1, 0, 0);

    /// <summary>Whether a time can be stored.</summary>
    public static bool IsTime(Instant time) => time >= NodaConstants.UnixEpoch && time < Latest;

    /// <summary>Whether a time is absent or can be stored.</summary>
    public static bool IsTime(Instant? time) => time is not { } there || IsTime(there);

    /// <summary>
    /// Whether a text has 1 to <paramref name="most"/> UTF-16 units, is well-formed and holds no control character but tab and line feed: PostgreSQL holds no NUL,
    /// terminals and logs obey the others.
    /// </summary>
    public static bool IsText(string? text, int most) => text is { Length: >= 1 } && IsTextOrEmpty(text, most);

    /// <summary>The same for a text that may be empty.</summary>
    public static bool IsTextOrEmpty(string? text, int most)
    {
        if (text is null || text.Length > most) return false;
        for (var i = 0; i < text.Length; i++)
        {
            if (char.IsControl(text[i]) && text[i] is not ('\t' or '\n')) return false;
            if (!char.IsSurrogate(text[i])) continue;
            if (!char.IsHighSurrogate(text[i]) || ++i == text.Length || !char.IsLowSurrogate(text[i])) return false;
        }

        return true;
    }

    /// <summary>
    /// A text that others wrote, made to fit <see cref="IsTextOrEmpty"/>: cut to <paramref name="most"/> UTF-16 units, control characters become spaces, halves of
    /// surrogate pairs the replacement character.
    /// </summary>
    public static string Clean(string text, int most)
    {
        ArgumentNullException.ThrowIfNull(text);
        if (IsTextOrEmpty(text, most)) return text;
        var wellFormed = Encoding.UTF8.GetString(Encoding.UTF8.GetBytes(text.Length <= most ? text : text[..most]));
        return string.Create(wellFormed.Length, wellFormed, static (clean, from) =>
        {
            for (var i = 0; i < clean.Length; i++) clean[i] = char.IsControl(from[i]) && from[i] is not ('\t' or '\n') ? ' ' : from[i];
        });
    }

    /// <summary>Whether a text is absent or fits <see cref="IsText"/>.</summary>
    public static bool IsTextOrNull(string? text, int most) => text is null || IsText(text, most);

    /// <summary>Whether a text is a SHA-256 as 64 lower-case hex digits.</summary>
    public static bool IsSha256(string? text) => text is { Length: 64 } && text.All(char.IsAsciiHexDigitLower);

    /// <summary>
    /// Whether a value is a JSON object of at most <paramref name="most"/> characters that a JSON column holds: no NUL, no half of a surrogate pair, no number
    /// beyond what a double says.
    /// </summary>
    public static bool IsObject(JsonElement value, int most) => value.ValueKind is JsonValueKind.Object && value.GetRawText().Length <= most && IsStorable(value);

    private static bool IsStorable(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => value.EnumerateObject().All(p => IsStorable(() => p.Name) && IsStorable(p.Value)),
        JsonValueKind.Array => value.EnumerateArray().All(IsStorable),
        JsonValueKind.String => IsStorable(() => value.GetString()!),
        JsonValueKind.Number => value.TryGetDouble(out var number) && double.IsFinite(number) && (number != 0 || !value.GetRawText().Split('e', 'E')[0].Any(c => c is >= '1' and <= '9')),
        _ => true,
    };

    private static bool IsStorable(Func<string> text)
    {
        try
        {
            return !text().Contains('\0', StringComparison.Ordinal);
        }
        catch (InvalidOperationException)
        {
            // An escape that is no character: it can be read as JSON and not as text.
            return false;
        }
    }
}
