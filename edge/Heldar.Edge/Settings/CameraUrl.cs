using System.Diagnostics.CodeAnalysis;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Settings;

/// <summary>A camera's address with its credentials split off.</summary>
/// <param name="Url">rtsp or rtsps address without user information.</param>
/// <param name="Username">User name that stood in the address.</param>
/// <param name="Password">Password that stood in the address.</param>
internal sealed record CameraUrl(string Url, string? Username, Secret? Password)
{
    public const int MaxLength = 2048;

    private static readonly string[] SecretWords = ["user", "usr", "pass", "pwd", "token", "auth", "key", "secret", "sig"];

    /// <summary>Reads an address. <paramref name="problem"/> never repeats it, since it may hold a password.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out CameraUrl? camera, [NotNullWhen(false)] out string? problem)
    {
        camera = null;
        problem = text switch
        {
            null or "" => "is missing",
            { Length: > MaxLength } => $"is longer than {MaxLength} characters",
            _ when text.Any(c => char.IsWhiteSpace(c) || char.IsControl(c)) => "must not hold spaces or control characters",
            _ => null,
        };
        if (problem is not null) return false;
        if (!Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("rtsp" or "rtsps") || uri.Host.Length == 0)
        {
            problem = "must look like rtsp://host:554/path or rtsps://host/path";
            return false;
        }

        string? username = null;
        Secret? password = null;
        if (uri.UserInfo.Length > 0)
        {
            var colon = uri.UserInfo.IndexOf(':', StringComparison.Ordinal);
            username = Uri.UnescapeDataString(colon < 0 ? uri.UserInfo : uri.UserInfo[..colon]);
            if (colon >= 0) password = new Secret(Uri.UnescapeDataString(uri.UserInfo[(colon + 1)..]));
        }

        camera = new CameraUrl(Strip(text!), username, password);
        return true;
    }

    /// <summary>The address as people may see it: values of query parameters that look like credentials are starred.</summary>
    public static string Masked(string url)
    {
        var bare = Strip(url);
        var question = bare.IndexOf('?', StringComparison.Ordinal);
        if (question < 0) return bare;
        var parts = bare[(question + 1)..].Split('&').Select(p =>
        {
            var equals = p.IndexOf('=', StringComparison.Ordinal);
            return equals > 0 && SecretWords.Any(w => p.AsSpan(0, equals).Contains(w, StringComparison.OrdinalIgnoreCase)) ? p[..(equals + 1)] + Secret.Mask : p;
        });
        return bare[..(question + 1)] + string.Join('&', parts);
    }

    // The authority is cut from the text as it stands: rebuilding it through Uri would change what the camera sees (case, escapes, default port).
    private static string Strip(string text)
    {
        var start = text.IndexOf("://", StringComparison.Ordinal);
        if (start < 0) return text;
        start += 3;
        var end = text.IndexOfAny(['/', '?', '#'], start);
        if (end < 0) end = text.Length;
        var at = text.LastIndexOf('@', end - 1, end - start);
        return at < start ? text : text[..start] + text[(at + 1)..];
    }
}
