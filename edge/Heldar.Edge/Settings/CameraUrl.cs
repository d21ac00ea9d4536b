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

    /// <summary>The address as people may see it: of path and query only what is known to be no credential, stars for the rest.</summary>
    public static string Masked(string url)
    {
        var bare = Strip(url);
        var start = bare.IndexOf("://", StringComparison.Ordinal);
        if (start < 0) return Secret.Mask;
        var path = bare.AsSpan(start + 3).IndexOfAny('/', '?', '#');
        return path < 0 ? bare : bare[..(start + 3 + path)] + PlainWords.Masked(bare[(start + 3 + path)..]);
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
