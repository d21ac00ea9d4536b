using System.Globalization;
using System.Text;
using System.Text.Json;
using Heldar.Contracts;

namespace Heldar.Fleet.DeadLetters;

/// <summary>
/// Shows bytes that anybody may have sent. Whatever they are, the text holds no control, direction or half characters: those are written as JSON escapes, which
/// inside of JSON strings mean the same. Pages must still treat it as text, never as markup.
/// </summary>
internal static class LetterText
{
    /// <summary>Most bytes of a body that are shown; the whole is a download.</summary>
    public const int MaxShown = 512 * 1024;

    private const int MaxHex = 2048;
    private static readonly JsonSerializerOptions Indented = new(HeldarJson.Options) { WriteIndented = true, MaxDepth = 64 };
    private static readonly JsonDocumentOptions Deep = new() { MaxDepth = 64 };
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    /// <summary>What the bytes are, and how to show them. Of more than <see cref="MaxShown"/> the beginning is shown, as text.</summary>
    public static (string Form, string Text) Decode(byte[] body, bool isEvent)
    {
        if (body.Length > MaxShown) return ("text", Visible(body.AsSpan(0, MaxShown)) + "…");
        if (isEvent) return ("event", Pretty(body) ?? Visible(body));
        if (Envelope(body) is { } envelope) return ("envelope", envelope);
        try
        {
            return ("text", Pretty(body) ?? Visible(Strict.GetString(body)));
        }
        catch (DecoderFallbackException)
        {
            return ("binary", Convert.ToHexStringLower(body.AsSpan(0, Math.Min(body.Length, MaxHex))) + (body.Length > MaxHex ? "…" : ""));
        }
    }

    /// <summary>The text with everything that does not show, or that changes how its neighbours show, written as an escape.</summary>
    public static string Visible(string text)
    {
        var shown = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            var c = text[i];
            if (char.IsHighSurrogate(c) && i + 1 < text.Length && char.IsLowSurrogate(text[i + 1])) shown.Append(c).Append(text[++i]);
            else if (c == '\n' || !IsHidden(c)) shown.Append(c);
            else shown.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
        }

        return shown.ToString();
    }

    public static string Visible(ReadOnlySpan<byte> utf8) => Visible(Encoding.UTF8.GetString(utf8));

    private static bool IsHidden(char c) => CharUnicodeInfo.GetUnicodeCategory(c) is UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.Surrogate
        or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned;

    private static string? Pretty(byte[] body)
    {
        try
        {
            using var json = JsonDocument.Parse(body, Deep);
            return Visible(JsonSerializer.Serialize(json.RootElement, Indented));
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            // No JSON, or an escape in it that is no character.
            return null;
        }
    }

    /// <summary>The envelope with its signed body opened, or null.</summary>
    private static string? Envelope(byte[] body)
    {
        try
        {
            var envelope = Contracts.Events.Envelope.Parse(body);
            using var inner = envelope.Body is { } text ? JsonDocument.Parse(text, Deep) : null;
            return Visible(JsonSerializer.Serialize(
                new { envelope.Tenant, envelope.Box, envelope.KeyId, envelope.Class, envelope.Epoch, envelope.BatchSeq, Body = inner?.RootElement, envelope.BodyUrl, envelope.BodySha256, envelope.Sig, envelope.Attempt, envelope.FirstSeen }, Indented));
        }
        catch (Exception wrong) when (wrong is JsonException or InvalidOperationException)
        {
            return null;
        }
    }
}
