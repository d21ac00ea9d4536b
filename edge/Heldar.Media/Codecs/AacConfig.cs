using System.Collections.Immutable;
using Heldar.Media.Streams;

namespace Heldar.Media.Codecs;

/// <summary>AudioSpecificConfig (ISO 14496-3 §1.6.2.1).</summary>
internal static class AacConfig
{
    private const int ExplicitRate = 15;
    private const int EscapedObjectType = 31;

    private static readonly int[] Rates = [96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350];

    /// <summary>The format, or null when the bytes are not a config with 1 to 8 channels.</summary>
    /// <param name="config">The config's bytes, 2 to 64.</param>
    /// <param name="clockRate">RTP clock in Hz, which is also the sample rate of the timestamps; 0 when unknown, then the config's own rate is taken.</param>
    public static AudioFormat? Parse(ReadOnlySpan<byte> config, int clockRate)
    {
        if (config.Length is < 2 or > 64) return null;
        var bits = new BitReader(config);
        if (bits.Bits(5) == EscapedObjectType) bits.Skip(6);
        var index = bits.Bits(4);
        var rate = index == ExplicitRate ? (int)bits.Bits(24) : index < Rates.Length ? Rates[index] : 0;
        var channels = bits.Bits(4) switch { 7 => 8u, var n => n };
        if (bits.Overrun || rate is < 7000 or > 96000 || channels is 0 or > 8) return null;
        return new AudioFormat(MediaCodec.Aac, clockRate > 0 ? clockRate : rate, (int)channels, ImmutableArray.Create(config));
    }
}
