using System.Globalization;
using System.Text;
using Heldar.Media.Sdp;
using Heldar.Media.Streams;

namespace Heldar.Media.Rtsp;

/// <summary>A response, or a request that the camera sends (RFC 2326 §6, §7).</summary>
internal sealed class RtspMessage
{
    public const int MaxHeadBytes = 32 * 1024;
    public const int MaxHeaders = 100;

    private RtspMessage(string first, List<KeyValuePair<string, string>> headers, byte[] body)
    {
        Headers = headers;
        Body = body;
        var parts = first.Split(' ', 3, StringSplitOptions.RemoveEmptyEntries);
        if (parts.Length >= 2 && parts[0].StartsWith("RTSP/", StringComparison.OrdinalIgnoreCase)
            && int.TryParse(parts[1], NumberStyles.None, CultureInfo.InvariantCulture, out var status) && status is >= 100 and <= 999)
        {
            Status = status;
        }
        else if (parts.Length == 3 && parts[2].StartsWith("RTSP/", StringComparison.OrdinalIgnoreCase))
        {
            Method = parts[0];
        }
        else
        {
            throw new RtspException(StreamFailure.Protocol, "the answer is not RTSP");
        }
    }

    /// <summary>Status code, or 0 for a request.</summary>
    public int Status { get; }

    /// <summary>Method of a request, or empty.</summary>
    public string Method { get; } = "";

    public IReadOnlyList<KeyValuePair<string, string>> Headers { get; }

    public byte[] Body { get; }

    /// <summary>First header of that name, or empty.</summary>
    public string Header(string name)
    {
        foreach (var (key, value) in Headers)
        {
            if (key.Equals(name, StringComparison.OrdinalIgnoreCase)) return value;
        }

        return "";
    }

    public IEnumerable<string> All(string name) =>
        Headers.Where(h => h.Key.Equals(name, StringComparison.OrdinalIgnoreCase)).Select(h => h.Value);

    /// <summary>Reads one message from the front of <paramref name="bytes"/>, or null when it is not yet whole.</summary>
    /// <param name="bytes">Received so far.</param>
    /// <param name="consumed">Bytes of the message.</param>
    /// <exception cref="RtspException">Malformed, or larger than <see cref="MaxHeadBytes"/> plus <see cref="SdpParser.MaxBytes"/>.</exception>
    public static RtspMessage? TryRead(ReadOnlySpan<byte> bytes, out int consumed)
    {
        consumed = 0;
        var lead = bytes.Length - bytes.TrimStart("\r\n"u8).Length;
        bytes = bytes[lead..];
        var head = FindHeadEnd(bytes, out var next);
        if (head > MaxHeadBytes || (head < 0 && bytes.Length > MaxHeadBytes)) throw TooLarge("head", MaxHeadBytes);
        if (head < 0) return null;
        var lines = Encoding.UTF8.GetString(bytes[..head]).Split('\n');
        var headers = ReadHeaders(lines);
        var length = 0;
        foreach (var (key, value) in headers)
        {
            if (!key.Equals("Content-Length", StringComparison.OrdinalIgnoreCase)) continue;
            if (!long.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out var stated)) throw new RtspException(StreamFailure.Protocol, "broken Content-Length");
            if (stated > SdpParser.MaxBytes) throw TooLarge("body", SdpParser.MaxBytes);
            length = (int)stated;
        }

        if (bytes.Length < next + length) return null;
        consumed = lead + next + length;
        return new RtspMessage(lines[0].TrimEnd('\r'), headers, bytes.Slice(next, length).ToArray());
    }

    private static RtspException TooLarge(string what, int limit) => new(StreamFailure.Protocol, $"the answer's {what} is larger than {limit} bytes");

    private static int FindHeadEnd(ReadOnlySpan<byte> bytes, out int next)
    {
        var end = bytes.IndexOf("\r\n\r\n"u8);
        var bare = bytes.IndexOf("\n\n"u8);
        if (bare >= 0 && (end < 0 || bare < end))
        {
            next = bare + 2;
            return bare;
        }

        next = end + 4;
        return end;
    }

    private static List<KeyValuePair<string, string>> ReadHeaders(string[] lines)
    {
        var headers = new List<KeyValuePair<string, string>>(Math.Min(lines.Length, MaxHeaders));
        for (var i = 1; i < lines.Length; i++)
        {
            var line = lines[i].TrimEnd('\r');
            if (line.Length == 0) continue;
            if (line[0] is ' ' or '\t' && headers.Count > 0)
            {
                headers[^1] = new(headers[^1].Key, headers[^1].Value + ' ' + line.Trim());
                continue;
            }

            var colon = line.IndexOf(':', StringComparison.Ordinal);
            if (colon <= 0) continue;
            if (headers.Count == MaxHeaders) throw new RtspException(StreamFailure.Protocol, $"more than {MaxHeaders} header lines");
            headers.Add(new(line[..colon].Trim(), line[(colon + 1)..].Trim()));
        }

        return headers;
    }
}
