using System.Buffers;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;

namespace Heldar.Edge.Access;

/// <summary>
/// Secrets that the box hands out once and keeps only as SHA-256: 256 random bits behind a prefix that tells what they are. Looked up by their hash, whose
/// bits nobody can steer, so that the time of a look-up tells nothing. Codes are for typing: 60 bits, and only behind a limit on tries.
/// </summary>
internal static class SecretToken
{
    private const int RandomChars = 43;
    private static readonly SearchValues<char> Base64Chars = SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_");

    /// <summary>Crockford's base 32: no I, L, O, U to mistake.</summary>
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static string Create(string prefix) => prefix + Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32));

    /// <summary>Whether a text has the shape of a token, before anything looks for it.</summary>
    public static bool IsShaped(string? text, string prefix) =>
        text is not null && text.Length == prefix.Length + RandomChars && text.StartsWith(prefix, StringComparison.Ordinal)
        && !text.AsSpan(prefix.Length).ContainsAnyExcept(Base64Chars);

    /// <summary>What is kept of it: SHA-256, lower-case hex.</summary>
    public static string Hash(string text) => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)));

    /// <summary>Three groups of four, such as <c>7K3M-0QXZ-P9TB</c>.</summary>
    public static string CreateCode()
    {
        var text = RandomNumberGenerator.GetString(Alphabet, 12);
        return $"{text[..4]}-{text[4..8]}-{text[8..]}";
    }

    /// <summary>The hash of a code as a person typed it: case, spaces and hyphens do not matter; null for what cannot be one.</summary>
    public static string? HashCode(string? typed)
    {
        if (typed is null || typed.Length > 32) return null;
        string text = new([.. typed.Where(c => c is not (' ' or '-')).Select(char.ToUpperInvariant).Select(Unmistake)]);
        return text.Length == 12 && text.All(Alphabet.Contains) ? Hash(text) : null;
    }

    private static char Unmistake(char typed) => typed switch { 'O' => '0', 'I' or 'L' => '1', _ => typed };
}
