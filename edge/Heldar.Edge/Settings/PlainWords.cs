using System.Collections.Frozen;
using System.Text;
using Heldar.Edge.Secrets;

namespace Heldar.Edge.Settings;

/// <summary>
/// Tells the parts of a camera's path and query that name a stream from those that may be a credential. Cameras take passwords and tokens at any place,
/// so what is not one of the words that makers use, with a short number at most, is starred.
/// </summary>
internal static class PlainWords
{
    /// <summary>Digits and letters that stand alone, together; more could be a code.</summary>
    private const int MaxLoose = 3;

    private const string Separators = "/?&;=,";

    private static readonly FrozenSet<string> Known = FrozenSet.ToFrozenSet(
        [
            "amp", "audio", "av", "avc", "axis", "bin", "bs", "cam", "camera", "cgi", "ch", "channel", "channels", "codec", "compression", "fps", "hd", "hevc", "high", "image",
            "index", "input", "inst", "jpeg", "jpg", "live", "low", "main", "media", "mediainput", "medium", "mode", "mp", "mpeg", "mpg", "mjpeg", "multicast", "nvr",
            "onvif", "onvifprofile", "play", "preview", "primary", "profile", "proto", "quality", "real", "realmonitor", "resolution", "rtp", "rtsp", "rtspstream", "sd", "sdp", "second",
            "secondary", "sid", "snl", "snr", "spush", "stream", "streaming", "streams", "sub", "substream", "subtype", "tcp", "track", "trackid", "tracks", "transportmode",
            "ts", "type", "ucast", "udp", "unicast", "video", "videocodec", "videoinput", "videomain", "videosub", "videoresolution",
        ],
        StringComparer.OrdinalIgnoreCase);

    // Names whose values are secret; the name itself tells people what they typed.
    private static readonly FrozenSet<string> SecretNames = FrozenSet.ToFrozenSet(
        ["user", "username", "usr", "pass", "password", "passwd", "pwd", "token", "auth", "key", "apikey", "api_key", "secret", "sig"], StringComparer.OrdinalIgnoreCase);

    /// <summary>Path and query with stars for each part that is not plain, and for what follows it up to the next parameter: <c>token=1</c> is starred as a whole.</summary>
    public static string Masked(string pathAndQuery)
    {
        var text = new StringBuilder();
        var start = 0;
        var plain = true;
        for (var i = 0; i <= pathAndQuery.Length; i++)
        {
            if (i < pathAndQuery.Length && !Separators.Contains(pathAndQuery[i], StringComparison.Ordinal)) continue;
            var part = pathAndQuery[start..i];
            var named = plain && i < pathAndQuery.Length && pathAndQuery[i] == '=' && SecretNames.Contains(part);
            plain = plain && IsPlain(part);
            text.Append(plain || named || part.Length == 0 ? part : Secret.Mask);
            start = i + 1;
            if (i == pathAndQuery.Length) break;
            text.Append(pathAndQuery[i]);
            plain |= pathAndQuery[i] is '?' or '&' or ';';
        }

        return text.ToString();
    }

    /// <summary>Whether a part is known words and short numbers only, such as <c>Preview_01_main</c>.</summary>
    public static bool IsPlain(ReadOnlySpan<char> part)
    {
        var known = Known.GetAlternateLookup<ReadOnlySpan<char>>();
        var loose = 0;
        var named = part.StartsWith("h264", StringComparison.OrdinalIgnoreCase) || part.StartsWith("h265", StringComparison.OrdinalIgnoreCase);
        for (var i = named ? 4 : 0; i < part.Length;)
        {
            var end = i;
            if (char.IsAsciiLetter(part[i]))
            {
                while (end < part.Length && char.IsAsciiLetter(part[end])) end++;
                if (end - i == 1) loose++;
                else if (!known.Contains(part[i..end])) return false;
            }
            else if (char.IsAsciiDigit(part[i]))
            {
                while (end < part.Length && char.IsAsciiDigit(part[end])) end++;
                loose += end - i;
            }
            else if (part[i] is '.' or '-' or '_') end++;
            else return false;
            i = end;
        }

        return loose <= MaxLoose;
    }
}
