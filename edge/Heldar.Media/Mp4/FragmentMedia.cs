using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Heldar.Media.Mp4;

/// <summary>
/// Tells whether the media of a fragment can be what was written, when no digest of it is known. After a power cut a file may have its full length while blocks of it
/// read as zeros. H.264 and H.265 make that visible: a NAL unit never holds 00 00 00 to 00 00 02 (ITU-T H.264 §7.4.1, H.265 §7.4.2.1), and the lengths in front of the NAL
/// units must fill the sample exactly (ISO/IEC 14496-15 §5.2.3). Nothing throws for what the bytes say.
/// </summary>
public static class FragmentMedia
{
    private const int MaxBytes = 64 << 20;
    private const int LengthBytes = 4;

    /// <summary>Zeros that a careless encoder may leave behind a NAL unit.</summary>
    private const int MaxTrailingZeros = 3;

    /// <summary>False when a sample of the fragment cannot be whole.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="fragment">As <see cref="SegmentScanner"/> found it.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    public static bool CanBeWhole(SafeFileHandle file, ScannedFragment fragment)
    {
        if (fragment.Length > MaxBytes) return false;
        var bytes = new byte[fragment.Length];
        for (var at = 0; at < bytes.Length;)
        {
            var read = RandomAccess.Read(file, bytes.AsSpan(at), fragment.Offset + at);
            if (read == 0) return false;
            at += read;
        }

        var moof = (int)BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (moof < 8 || moof > bytes.Length - 8) return false;
        ReadOnlySpan<byte> boxes = bytes.AsSpan(8, moof - 8), media = bytes.AsSpan(moof + 8);
        while (SegmentScanner.NextBox(ref boxes, out var type, out var traf))
            if (type == SegmentScanner.FourCc("traf") && !TakeTrack(traf, ref media)) return false;
        return media.IsEmpty;
    }

    /// <summary>Checks the samples of one track and takes them off the media: video first, as they are laid out.</summary>
    private static bool TakeTrack(scoped ReadOnlySpan<byte> traf, ref ReadOnlySpan<byte> media)
    {
        uint track = 0;
        while (SegmentScanner.NextBox(ref traf, out var type, out var box))
        {
            if (type == SegmentScanner.FourCc("tfhd") && box.Length >= 8) track = BinaryPrimitives.ReadUInt32BigEndian(box[4..]);
            if (type != SegmentScanner.FourCc("trun") || box.Length < 12) continue;
            var samples = box[12..];
            for (var left = BinaryPrimitives.ReadUInt32BigEndian(box[4..]); left > 0; left--, samples = samples[16..])
            {
                if (samples.Length < 16) return false;
                var size = BinaryPrimitives.ReadUInt32BigEndian(samples[4..]);
                if (size == 0 || size > media.Length) return false;
                var sample = media[..(int)size];
                if (track == Mp4Header.VideoTrack ? !IsPicture(sample) : !sample.ContainsAnyExcept((byte)0)) return false;
                media = media[(int)size..];
            }
        }

        return true;
    }

    private static bool IsPicture(ReadOnlySpan<byte> sample)
    {
        while (sample.Length > LengthBytes)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(sample);
            if (length == 0 || length > sample.Length - LengthBytes || !IsNalUnit(sample.Slice(LengthBytes, (int)length))) return false;
            sample = sample[(LengthBytes + (int)length)..];
        }

        return sample.IsEmpty;
    }

    private static bool IsNalUnit(ReadOnlySpan<byte> unit)
    {
        var trimmed = unit.TrimEnd((byte)0);
        // The first bit of a NAL unit's header is always zero.
        if (trimmed.IsEmpty || unit.Length - trimmed.Length > MaxTrailingZeros || trimmed[0] >= 0x80) return false;
        ReadOnlySpan<byte> twoZeros = [0, 0];
        for (var at = trimmed.IndexOf(twoZeros); at >= 0;)
        {
            if (trimmed[at + 2] <= 2) return false;
            var next = trimmed[(at + 2)..].IndexOf(twoZeros);
            at = next < 0 ? -1 : at + 2 + next;
        }

        return true;
    }
}
