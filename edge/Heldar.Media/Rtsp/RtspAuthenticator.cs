using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Heldar.Media.Rtsp;

/// <summary>
/// Answers challenges: digest with SHA-256 or MD5 (RFC 7616, RFC 2617; with and without qop=auth, and the -sess variants), or basic (RFC 7617); the
/// strongest offered. One per connection; not thread-safe.
/// </summary>
/// <param name="username">Null when none is configured.</param>
/// <param name="password">Its password.</param>
internal sealed class RtspAuthenticator(string? username, string? password)
{
    private AuthChallenge? _challenge;
    private int _count;

    /// <summary>There are credentials to answer with.</summary>
    public bool HasCredentials => username is not null;

    /// <summary>A challenge was accepted; requests carry credentials.</summary>
    public bool IsActive => _challenge is not null;

    /// <summary>Takes the strongest challenge that can be answered.</summary>
    /// <param name="headers">Values of WWW-Authenticate.</param>
    /// <param name="fresh">The server says that only the nonce was stale, or gave another nonce.</param>
    /// <returns>False when there is none, or no credentials.</returns>
    public bool Accept(IEnumerable<string> headers, out bool fresh)
    {
        fresh = false;
        if (username is null) return false;
        var best = headers.SelectMany(AuthChallenge.ParseAll).Where(c => Strength(c) > 0).MaxBy(Strength);
        if (best is null) return false;
        fresh = best.Parameter("stale").Equals("true", StringComparison.OrdinalIgnoreCase)
            || (_challenge is not null && best.Scheme == "digest" && best.Parameter("nonce") != _challenge.Parameter("nonce"));
        IsStale = best.Parameter("stale").Equals("true", StringComparison.OrdinalIgnoreCase);
        _challenge = best;
        _count = 0;
        return true;
    }

    /// <summary>The newest challenge said <c>stale=true</c>: the credentials were right, only the nonce was old.</summary>
    public bool IsStale { get; private set; }

    /// <summary>Value of the Authorization header, or null before a challenge.</summary>
    public string? Authorize(string method, string uri)
    {
        if (_challenge is not { } challenge) return null;
        if (challenge.Scheme == "basic") return "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"{username}:{password}"));
        return Digest(challenge, method, uri, Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
    }

    /// <summary>As <see cref="Authorize"/>, with a given client nonce.</summary>
    internal string Digest(AuthChallenge challenge, string method, string uri, string cnonce)
    {
        var realm = challenge.Parameter("realm");
        var nonce = challenge.Parameter("nonce");
        var algorithm = challenge.Parameter("algorithm");
        var sha = algorithm.StartsWith("SHA-256", StringComparison.OrdinalIgnoreCase);
        var qop = challenge.Parameter("qop").Split(',', StringSplitOptions.TrimEntries).Contains("auth", StringComparer.OrdinalIgnoreCase);
        var session = algorithm.EndsWith("-sess", StringComparison.OrdinalIgnoreCase);
        var count = (++_count).ToString("x8", CultureInfo.InvariantCulture);

        var secret = Hash(sha, $"{username}:{realm}:{password}");
        if (session) secret = Hash(sha, $"{secret}:{nonce}:{cnonce}");
        var request = Hash(sha, $"{method}:{uri}");
        var response = Hash(sha, qop ? $"{secret}:{nonce}:{count}:{cnonce}:auth:{request}" : $"{secret}:{nonce}:{request}");

        var text = new StringBuilder("Digest ");
        text.Append(CultureInfo.InvariantCulture, $"username={Quote(username!)}, realm={Quote(realm)}, nonce={Quote(nonce)}, uri={Quote(uri)}, response=\"{response}\"");
        if (algorithm.Length > 0) text.Append(CultureInfo.InvariantCulture, $", algorithm={algorithm}");
        if (challenge.Parameters.TryGetValue("opaque", out var opaque)) text.Append(CultureInfo.InvariantCulture, $", opaque={Quote(opaque)}");
        if (qop) text.Append(CultureInfo.InvariantCulture, $", qop=auth, nc={count}");
        if (qop || session) text.Append(CultureInfo.InvariantCulture, $", cnonce=\"{cnonce}\"");
        return text.ToString();
    }

    private static int Strength(AuthChallenge challenge) => challenge.Scheme switch
    {
        "basic" => 1,
        "digest" when challenge.Parameter("nonce").Length == 0 => 0,
        "digest" => challenge.Parameter("algorithm").ToUpperInvariant() switch
        {
            "" or "MD5" or "MD5-SESS" => 2,
            "SHA-256" or "SHA-256-SESS" => 3,
            _ => 0,
        },
        _ => 0,
    };

    private static string Quote(string text) =>
        '"' + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).ReplaceLineEndings("") + '"';

#pragma warning disable CA5351 // MD5 is what most cameras offer for digest; SHA-256 is taken when they do.
    private static string Hash(bool sha, string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        return Convert.ToHexStringLower(sha ? SHA256.HashData(bytes) : MD5.HashData(bytes));
    }
#pragma warning restore CA5351
}
