using System.Buffers.Binary;
using NodaTime;

namespace Heldar.Cloud.Index;

/// <summary>One segment in a packed list.</summary>
/// <param name="StartMs">Start within the hour, 0 to 3,599,999 ms.</param>
/// <param name="DurationMs">0 to 1,048,575 ms.</param>
/// <param name="SizeKiB">File size, rounded up to KiB, 0 to 4,194,303 (4 GiB).</param>
public readonly record struct PackedSegment(int StartMs, int DurationMs, int SizeKiB);

/// <summary>
/// The packed list of one camera-hour: 8 bytes a segment, big-endian, ascending. From the highest bit: 22 bits start (ms within the hour), 20 bits duration
/// (ms), 22 bits size (KiB). Because the start is on top, sorted numbers are sorted starts.
/// </summary>
public static class PackedSpan
{
    public const int BytesPerSegment = 8;
    public const int MaxDurationMs = (1 << 20) - 1;
    public const int MaxSizeKiB = (1 << 22) - 1;
    private const int MsPerHour = 3_600_000;

    /// <summary>The hour that an instant lies in.</summary>
    public static Instant HourOf(Instant at)
    {
        var seconds = at.ToUnixTimeSeconds();
        return Instant.FromUnixTimeSeconds(seconds - (((seconds % 3600) + 3600) % 3600));
    }

    /// <summary>Packs times and size; longer or larger than the format holds is cut to its limit.</summary>
    public static PackedSegment Of(Instant hour, Instant start, Instant end, long bytes)
    {
        var offset = (long)(start - hour).TotalMilliseconds;
        if (offset is < 0 or >= MsPerHour) throw new ArgumentOutOfRangeException(nameof(start), $"{start} is not in the hour {hour}");
        var duration = Math.Clamp((long)Math.Round((end - start).TotalMilliseconds), 0, MaxDurationMs);
        return new((int)offset, (int)duration, (int)Math.Clamp((bytes + 1023) / 1024, 0, MaxSizeKiB));
    }

    /// <summary>Encodes; the order of the input does not matter.</summary>
    public static byte[] Encode(IEnumerable<PackedSegment> segments)
    {
        var words = segments.Select(s => ((ulong)(uint)s.StartMs << 42) | ((ulong)(uint)s.DurationMs << 22) | (uint)s.SizeKiB).Order().ToList();
        var packed = new byte[words.Count * BytesPerSegment];
        for (var i = 0; i < words.Count; i++) BinaryPrimitives.WriteUInt64BigEndian(packed.AsSpan(i * BytesPerSegment), words[i]);
        return packed;
    }

    /// <summary>Decodes. Throws <see cref="InvalidDataException"/> when the length does not fit.</summary>
    public static IEnumerable<PackedSegment> Decode(byte[] packed)
    {
        ArgumentNullException.ThrowIfNull(packed);
        if (packed.Length % BytesPerSegment != 0) throw new InvalidDataException($"a packed span of {packed.Length} bytes is damaged");
        return Read(packed);
    }

    /// <summary>The segment at a multiple of <see cref="BytesPerSegment"/>.</summary>
    internal static PackedSegment At(ReadOnlySpan<byte> packed, int offset)
    {
        var word = BinaryPrimitives.ReadUInt64BigEndian(packed[offset..]);
        return new((int)(word >> 42), (int)((word >> 22) & MaxDurationMs), (int)(word & MaxSizeKiB));
    }

    private static IEnumerable<PackedSegment> Read(byte[] packed)
    {
        for (var at = 0; at < packed.Length; at += BytesPerSegment) yield return At(packed, at);
    }
}
