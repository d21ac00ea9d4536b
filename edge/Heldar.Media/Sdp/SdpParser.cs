using System.Globalization;
using System.Text;

namespace Heldar.Media.Sdp;

/// <summary>
/// Reads a session description (RFC 8866) as cameras write it: unknown lines are skipped, lines may end with LF or CRLF, a missing
/// <c>rtpmap</c> is filled in for static types. Bounded: at most <see cref="MaxBytes"/>, <see cref="MaxMedia"/> sections and
/// <see cref="MaxParameters"/> parameters each.
/// </summary>
internal static class SdpParser
{
    public const int MaxBytes = 256 * 1024;
    public const int MaxMedia = 32;
    public const int MaxParameters = 64;

    /// <exception cref="FormatException">Too large, not a session description, or no media section.</exception>
    public static SdpSession Parse(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > MaxBytes) throw new FormatException($"session description of {bytes.Length} bytes, at most {MaxBytes} are accepted");
        var session = "";
        var media = new List<Section>();
        var sawVersion = false;
        foreach (var range in bytes.Split((byte)'\n'))
        {
            var line = bytes[range].TrimEnd((byte)'\r');
            if (line.Length < 2 || line[1] != '=') continue;
            var value = Encoding.UTF8.GetString(line[2..]).Trim();
            switch (line[0])
            {
                case (byte)'v':
                    sawVersion = true;
                    break;
                case (byte)'m':
                    if (media.Count == MaxMedia) throw new FormatException($"more than {MaxMedia} media sections");
                    media.Add(Section.Start(value));
                    break;
                case (byte)'a' when media.Count > 0:
                    media[^1].Attribute(value);
                    break;
                case (byte)'a' when value.StartsWith("control:", StringComparison.OrdinalIgnoreCase):
                    session = value[8..].Trim();
                    break;
            }
        }

        if (!sawVersion && media.Count == 0) throw new FormatException("not a session description");
        if (media.Count == 0) throw new FormatException("session description without media");
        return new SdpSession(session, media.ConvertAll(section => section.Finish()));
    }

    private sealed class Section
    {
        private readonly Dictionary<string, string> _parameters = new(StringComparer.Ordinal);
        private string _kind = "";
        private int _payloadType = -1;
        private string _encoding = "";
        private int _clockRate;
        private int _channels = 1;
        private string _control = "";

        public static Section Start(string value)
        {
            var parts = value.Split(' ', 5, StringSplitOptions.RemoveEmptyEntries);
            var section = new Section { _kind = parts.Length > 0 ? parts[0].ToLowerInvariant() : "" };
            if (parts.Length < 4 || !TryNumber(parts[3], 127, out section._payloadType)) section._payloadType = -1;
            (section._encoding, section._clockRate) = section._payloadType switch
            {
                0 => ("PCMU", 8000),
                8 => ("PCMA", 8000),
                26 => ("JPEG", 90000),
                _ => ("", 0),
            };
            return section;
        }

        public void Attribute(string value)
        {
            var colon = value.IndexOf(':', StringComparison.Ordinal);
            if (colon < 0) return;
            var body = value[(colon + 1)..].Trim();
            switch (value[..colon].Trim().ToLowerInvariant())
            {
                case "control":
                    _control = body;
                    break;
                case "rtpmap" when TryForUs(body, out var map):
                    ReadMap(map);
                    break;
                case "fmtp" when TryForUs(body, out var format):
                    ReadParameters(format);
                    break;
            }
        }

        public SdpMedia Finish() => new(_kind, _payloadType, _encoding, _clockRate, _channels, _control, _parameters);

        private static bool TryNumber(ReadOnlySpan<char> text, int most, out int number) =>
            int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= most;

        private bool TryForUs(string body, out string rest)
        {
            var space = body.IndexOf(' ', StringComparison.Ordinal);
            rest = space < 0 ? "" : body[(space + 1)..].Trim();
            return space > 0 && TryNumber(body.AsSpan(0, space), 127, out var type) && type == _payloadType;
        }

        private void ReadMap(string map)
        {
            var parts = map.Split('/');
            _encoding = parts[0].Trim().ToUpperInvariant();
            _clockRate = parts.Length > 1 && TryNumber(parts[1].Trim(), 1_000_000, out var rate) ? rate : 0;
            _channels = parts.Length > 2 && TryNumber(parts[2].Trim(), 64, out var channels) ? Math.Max(1, channels) : 1;
        }

        private void ReadParameters(string text)
        {
            foreach (var part in text.Split(';', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (_parameters.Count == MaxParameters) return;
                var equals = part.IndexOf('=', StringComparison.Ordinal);
                if (equals > 0) _parameters[part[..equals].Trim().ToLowerInvariant()] = part[(equals + 1)..].Trim();
            }
        }
    }
}
