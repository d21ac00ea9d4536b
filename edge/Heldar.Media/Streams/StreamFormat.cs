using System.Collections.Immutable;

namespace Heldar.Media.Streams;

/// <summary>Codecs that the recorder stores.</summary>
public enum MediaCodec
{
    /// <summary>ITU-T H.264, RFC 6184.</summary>
    H264,

    /// <summary>ITU-T H.265, RFC 7798.</summary>
    H265,

    /// <summary>AAC (ISO 14496-3), RFC 3640 mpeg4-generic.</summary>
    Aac,

    /// <summary>G.711 µ-law, RFC 3551 payload type 0.</summary>
    G711Mu,

    /// <summary>G.711 A-law, RFC 3551 payload type 8.</summary>
    G711A,
}

/// <summary>Which of a camera's tracks.</summary>
public enum TrackKind
{
    Video,
    Audio,
}

/// <summary>A video track. Two equal formats can share a segment; any difference opens a new one.</summary>
/// <param name="Codec">H264 or H265.</param>
/// <param name="ParameterSets">NAL units without start code or length: VPS (H.265), SPS, PPS, in that order.</param>
/// <param name="Width">Cropped width in pixels, from the SPS.</param>
/// <param name="Height">Cropped height in pixels, from the SPS.</param>
/// <param name="CodecString">RFC 6381, for example <c>avc1.640028</c> or <c>hvc1.1.6.L93.B0</c>.</param>
public sealed record VideoFormat(MediaCodec Codec, ImmutableArray<ImmutableArray<byte>> ParameterSets, int Width, int Height, string CodecString)
{
    /// <summary>RTP clock of both codecs, in Hz.</summary>
    public const int ClockRate = 90_000;

    public bool Equals(VideoFormat? other) =>
        other is not null && Codec == other.Codec && Width == other.Width && Height == other.Height && CodecString == other.CodecString
        && ParameterSets.Length == other.ParameterSets.Length
        && ParameterSets.Zip(other.ParameterSets).All(p => p.First.AsSpan().SequenceEqual(p.Second.AsSpan()));

    public override int GetHashCode() => HashCode.Combine(Codec, Width, Height, CodecString, ParameterSets.Length);
}

/// <summary>An audio track.</summary>
/// <param name="Codec">Aac, G711Mu or G711A.</param>
/// <param name="SampleRate">Hz; also the clock of the timestamps.</param>
/// <param name="Channels">1 or more.</param>
/// <param name="Config">AudioSpecificConfig (ISO 14496-3 §1.6.2.1) for AAC; empty for G.711.</param>
public sealed record AudioFormat(MediaCodec Codec, int SampleRate, int Channels, ImmutableArray<byte> Config)
{
    public bool Equals(AudioFormat? other) =>
        other is not null && Codec == other.Codec && SampleRate == other.SampleRate && Channels == other.Channels
        && Config.AsSpan().SequenceEqual(other.Config.AsSpan());

    public override int GetHashCode() => HashCode.Combine(Codec, SampleRate, Channels);
}

/// <summary>What a stream carries at one moment. Immutable.</summary>
public sealed record StreamFormat(VideoFormat Video, AudioFormat? Audio);
