namespace Heldar.Edge.Settings;

/// <summary>The pin of a camera's own certificate, as people write it: <c>openssl x509 -fingerprint -sha256</c> prints it with colons.</summary>
internal static class CameraCertificate
{
    /// <summary>What is allowed, for messages.</summary>
    public const string Rule = "must be a SHA-256 fingerprint: 64 hexadecimal digits, with or without colons";

    /// <summary>Whether a text is a fingerprint, or says that there is none.</summary>
    public static bool IsValidOrEmpty(string? text) => string.IsNullOrEmpty(text) || (Normal(text) is { Length: 64 } digits && digits.All(char.IsAsciiHexDigitLower));

    /// <summary>The one form that is stored and compared: lower case without colons; null for none.</summary>
    public static string? Normal(string? text) => string.IsNullOrEmpty(text) ? null : text.Replace(":", "", StringComparison.Ordinal).ToLowerInvariant();
}
