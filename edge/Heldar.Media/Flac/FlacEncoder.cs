using System.Buffers.Binary;
using System.Numerics;
using Heldar.Media.Streams;

namespace Heldar.Media.Flac;

/// <summary>
/// Turns packets of G.711 into FLAC frames (RFC 9639), one frame per packet, without loss: browsers play FLAC in MP4, but not G.711. Mono, 16 bit,
/// fixed predictors. Allocates nothing after construction. One thread at a time.
/// </summary>
public sealed class FlacEncoder
{
    /// <summary>Samples of one packet that can be encoded; at 8 kHz 2 ms to 512 ms.</summary>
    public const int MinSamples = 16;

    /// <inheritdoc cref="MinSamples"/>
    public const int MaxSamples = 4096;

    private const int MaxOrder = 2;
    private const int MaxRice = 14;
    private readonly short[] _table;
    private readonly int _wasted;
    private readonly int[] _samples = new int[MaxSamples];
    private readonly int[] _residual = new int[MaxSamples];

    /// <param name="codec">G711Mu or G711A.</param>
    /// <exception cref="ArgumentException">Another codec.</exception>
    public FlacEncoder(MediaCodec codec)
    {
        (_table, _wasted) = codec switch
        {
            MediaCodec.G711Mu => (G711.MuLaw, G711.MuWastedBits),
            MediaCodec.G711A => (G711.ALaw, G711.AWastedBits),
            _ => throw new ArgumentException($"{codec} is not G.711", nameof(codec)),
        };
    }

    /// <summary>Most bytes that a packet can become.</summary>
    public static int MaxBytes(int samples) => 24 + (samples * 2);

    /// <summary>The STREAMINFO block of frames of this encoder (RFC 9639 §8.2), 34 bytes.</summary>
    /// <param name="sampleRate">Hz, below 2^20.</param>
    public static byte[] StreamInfo(int sampleRate)
    {
        var info = new byte[34];
        BinaryPrimitives.WriteUInt16BigEndian(info, MinSamples);
        BinaryPrimitives.WriteUInt16BigEndian(info.AsSpan(2), MaxSamples);
        BinaryPrimitives.WriteUInt64BigEndian(info.AsSpan(10), ((ulong)sampleRate << 44) | (15UL << 36));
        return info;
    }

    /// <summary>Encodes one packet.</summary>
    /// <param name="packet">G.711 samples.</param>
    /// <param name="first">Number of the packet's first sample, 0 to 2^36 - 1.</param>
    /// <param name="target">At least <see cref="MaxBytes"/>.</param>
    /// <returns>Bytes written; 0 when the packet has too few or too many samples.</returns>
    public int Encode(ReadOnlySpan<byte> packet, long first, Span<byte> target)
    {
        if (packet.Length is < MinSamples or > MaxSamples || first is < 0 or >= 1L << 36) return 0;
        for (var i = 0; i < packet.Length; i++) _samples[i] = _table[packet[i]] >> _wasted;
        var bits = new FlacBits(target);
        bits.Write(0xFFF9, 16);
        bits.Write(0x70, 8);
        bits.Write(0x08, 8);
        Number(ref bits, first);
        bits.Write((uint)(packet.Length - 1), 16);
        bits.Write(FlacChecks.Crc8(target[..bits.Length]), 8);
        Subframe(ref bits, packet.Length);
        bits.Align();
        bits.Write(FlacChecks.Crc16(target[..bits.Length]), 16);
        return bits.Length;
    }

    /// <summary>The extended UTF-8 form of RFC 9639 §9.1.5.</summary>
    private static void Number(ref FlacBits bits, long value)
    {
        if (value < 0x80)
        {
            bits.Write((uint)value, 8);
            return;
        }

        var more = 1;
        while (value >= 1L << ((5 * more) + 6)) more++;
        bits.Write((uint)(((0xFF00 >> (more + 1)) & 0xFF) | (int)(value >> (6 * more))), 8);
        for (more--; more >= 0; more--) bits.Write((uint)(0x80 | ((value >> (6 * more)) & 0x3F)), 8);
    }

    private void Subframe(ref FlacBits bits, int count)
    {
        var width = 16 - _wasted;
        var (best, order, rice) = ((long)count * width, -1, 0);
        for (var candidate = 0; candidate <= MaxOrder; candidate++)
        {
            var (size, parameter) = Measure(count, candidate);
            size += (candidate * width) + 10;
            if (size < best) (best, order, rice) = (size, candidate, parameter);
        }

        bits.Write((uint)(((order < 0 ? 1 : 8 | order) << 1) | 1), 8);
        bits.Unary((uint)(_wasted - 1));
        var plain = order < 0 ? count : order;
        for (var i = 0; i < plain; i++) bits.Write((uint)_samples[i], width);
        if (order < 0) return;
        Predict(count, order);
        bits.Write((uint)rice, 10);
        for (var i = order; i < count; i++)
        {
            var folded = Fold(_residual[i]);
            bits.Unary(folded >> rice);
            bits.Write(folded, rice);
        }
    }

    private (long Size, int Rice) Measure(int count, int order)
    {
        Predict(count, order);
        long sum = 0;
        for (var i = order; i < count; i++) sum += Fold(_residual[i]);
        var rice = Math.Min(MaxRice, BitOperations.Log2((uint)(sum / (count - order)) | 1));
        long size = 0;
        for (var i = order; i < count; i++) size += (Fold(_residual[i]) >> rice) + 1 + rice;
        return (size, rice);
    }

    private void Predict(int count, int order)
    {
        for (var i = order; i < count; i++)
        {
            _residual[i] = order switch
            {
                0 => _samples[i],
                1 => _samples[i] - _samples[i - 1],
                _ => _samples[i] - (2 * _samples[i - 1]) + _samples[i - 2],
            };
        }
    }

    private static uint Fold(int value) => (uint)((value << 1) ^ (value >> 31));
}
