namespace Heldar.Media.Rtsp;

/// <summary>One challenge of a WWW-Authenticate header (RFC 7235 §4.1).</summary>
/// <param name="Scheme">Lower case.</param>
/// <param name="Parameters">Names in lower case, values unquoted.</param>
internal sealed record AuthChallenge(string Scheme, IReadOnlyDictionary<string, string> Parameters)
{
    public string Parameter(string name) => Parameters.GetValueOrDefault(name, "");

    /// <summary>Reads all challenges of one header value; what cannot be read is left out.</summary>
    public static IReadOnlyList<AuthChallenge> ParseAll(string header)
    {
        var challenges = new List<AuthChallenge>();
        Dictionary<string, string>? current = null;
        var at = 0;
        while (at < header.Length)
        {
            at = Skip(header, at, ", \t");
            var start = at;
            while (at < header.Length && !", \t=\"".Contains(header[at], StringComparison.Ordinal)) at++;
            if (at == start)
            {
                at++;
                continue;
            }

            var token = header[start..at].ToLowerInvariant();
            var next = Skip(header, at, " \t");
            if (next < header.Length && header[next] == '=')
            {
                at = Skip(header, next + 1, " \t");
                var value = ReadValue(header, ref at);
                current?.TryAdd(token, value);
                continue;
            }

            current = new Dictionary<string, string>(StringComparer.Ordinal);
            challenges.Add(new AuthChallenge(token, current));
        }

        return challenges;
    }

    private static int Skip(string text, int at, string any)
    {
        while (at < text.Length && any.Contains(text[at], StringComparison.Ordinal)) at++;
        return at;
    }

    private static string ReadValue(string text, ref int at)
    {
        var start = at;
        if (at >= text.Length || text[at] != '"')
        {
            while (at < text.Length && !", \t".Contains(text[at], StringComparison.Ordinal)) at++;
            return text[start..at];
        }

        var value = new System.Text.StringBuilder();
        for (at++; at < text.Length && text[at] != '"'; at++)
        {
            if (text[at] == '\\' && at + 1 < text.Length) at++;
            value.Append(text[at]);
        }

        at++;
        return value.ToString();
    }
}
