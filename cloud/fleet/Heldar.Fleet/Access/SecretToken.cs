using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Heldar.Contracts;

namespace Heldar.Fleet.Access;

/// <summary>
/// Secrets that the fleet hands out once and keeps only as SHA-256: sessions and enrolment tokens as <c>{tenant}.{256 random bits}</c>, so that every
/// look-up has its tenant; set-up codes as 60 bits that a person can type.
/// </summary>
internal static class SecretToken
{
    /// <summary>Crockford's base 32: no I, L, O, U to mistake.</summary>
    private const string Alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    public static string Create(string tenant) => $"{tenant}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";

    /// <summary>Reads tenant and hash of a token; false for anything that cannot be one.</summary>
    public static bool TryRead(string? token, out string tenant, out byte[] hash)
    {
        (tenant, hash) = ("", []);
        if (token is null || token.Length > 128) return false;
        int dot = token.IndexOf('.', StringComparison.Ordinal);
        if (dot < 1 || token.Length - dot - 1 != 43 || !Names.IsSlug(token[..dot])) return false;
        (tenant, hash) = (token[..dot], Hash(token));
        return true;
    }

    /// <summary>Three groups of four, such as <c>7K3M-0QXZ-P9TB</c>.</summary>
    public static string CreateCode()
    {
        string text = RandomNumberGenerator.GetString(Alphabet, 12);
        return $"{text[..4]}-{text[4..8]}-{text[8..]}";
    }

    /// <summary>The hash of a code as a person typed it: case, spaces and hyphens do not matter; null for what cannot be one.</summary>
    public static byte[]? HashCode(string? typed)
    {
        if (typed is null || typed.Length > 32) return null;
        string text = new([.. typed.Where(c => c is not (' ' or '-')).Select(char.ToUpperInvariant).Select(Unmistake)]);
        return text.Length == 12 && text.All(Alphabet.Contains) ? Hash(text) : null;
    }

    private static char Unmistake(char typed) => typed switch { 'O' => '0', 'I' or 'L' => '1', _ => typed };

    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));
}
