using System.Globalization;
using Heldar.Media.Codecs;
using Heldar.Media.Rtp;
using Heldar.Media.Sdp;
using Heldar.Media.Streams;

namespace Heldar.Media.Rtsp;

/// <summary>Which sections of a session description are received, and what their format parameters mean.</summary>
internal static class TrackSelection
{
    /// <summary>The first H.264 or H.265 section.</summary>
    /// <exception cref="RtspException">There is none; the message names what is offered.</exception>
    public static (SdpMedia Media, MediaCodec Codec) Video(SdpSession session)
    {
        foreach (var media in session.Media)
        {
            if (media.Kind != "video" || media.PayloadType < 0) continue;
            if (media.Encoding == "H264" && media.Parameter("packetization-mode") is "" or "0" or "1") return (media, MediaCodec.H264);
            if (media.Encoding is "H265" or "HEVC" && media.Parameter("sprop-max-don-diff") is "" or "0") return (media, MediaCodec.H265);
        }

        var offered = string.Join(", ", session.Media.Take(8).Select(m => $"{Shown(m.Kind)} {Shown(m.Encoding)}"));
        throw new RtspException(StreamFailure.Unsupported, $"no H.264 or H.265 track that can be received; the camera offers {offered}");
    }

    /// <summary>The first audio section that can be received, or null.</summary>
    public static (SdpMedia Media, MediaCodec Codec)? Audio(SdpSession session)
    {
        foreach (var media in session.Media)
        {
            if (media.Kind != "audio" || media.PayloadType < 0) continue;
            var codec = media.Encoding switch
            {
                "PCMU" => MediaCodec.G711Mu,
                "PCMA" => MediaCodec.G711A,
                "MPEG4-GENERIC" => MediaCodec.Aac,
                _ => (MediaCodec?)null,
            };
            if (codec is { } known && AudioFormat(media, known) is not null) return (media, known);
        }

        return null;
    }

    /// <summary>Parameter sets of the session description (RFC 6184 §8.2.1, RFC 7798 §7.2.1); unreadable ones are left out, they also come in band.</summary>
    public static IEnumerable<byte[]> ParameterSets(SdpMedia media)
    {
        var lists = new[] { "sprop-vps", "sprop-sps", "sprop-pps", "sprop-parameter-sets" }.Select(media.Parameter);
        foreach (var set in lists.SelectMany(list => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)))
        {
            var bytes = new byte[set.Length];
            if (Convert.TryFromBase64String(set, bytes, out var length) && length > 0) yield return bytes[..length];
        }
    }

    /// <summary>The format of an audio section, or null when it cannot be received.</summary>
    public static AudioFormat? AudioFormat(SdpMedia media, MediaCodec codec)
    {
        if (codec != MediaCodec.Aac) return media.ClockRate is > 0 and <= 96000 ? new AudioFormat(codec, media.ClockRate, media.Channels, []) : null;
        if (!AacLayoutOf(media).IsValid) return null;
        try
        {
            return AacConfig.Parse(Convert.FromHexString(media.Parameter("config")), media.ClockRate);
        }
        catch (FormatException)
        {
            return null;
        }
    }

    /// <summary>Lengths of the AU header fields; AAC-hbr where the description is silent.</summary>
    public static AacLayout AacLayoutOf(SdpMedia media)
    {
        var standard = AacLayout.HighBitRate;
        return new(
            Number("sizelength", standard.SizeBits),
            Number("indexlength", standard.IndexBits),
            Number("indexdeltalength", standard.IndexDeltaBits));

        int Number(string name, int otherwise) =>
            media.Parameter(name) is { Length: > 0 } text ? int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : -1 : otherwise;
    }

    private static string Shown(string text) => text.Length is 0 ? "?" : text.Length > 20 ? text[..20] : text;
}
