using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Heldar.Media.Mp4;

/// <summary>One picture of a segment file.</summary>
/// <param name="Time">Presentation time in the video clock, counted from the segment's start.</param>
/// <param name="Bytes">The access unit, each NAL unit behind its length.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct StoredPicture(long Time, ReadOnlyMemory<byte> Bytes);

/// <summary>
/// Reads the pictures of a fragment back as <see cref="FragmentWriter"/> laid them out. Made for torn and hostile files: what does not fit ends the list, and nothing
/// throws for what the bytes say.
/// </summary>
public static class FragmentPictures
{
    private const int MaxBytes = 64 << 20;

    /// <summary>The pictures in decode order.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="fragment">As <see cref="SegmentScanner"/> found it.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    public static IReadOnlyList<StoredPicture> Read(SafeFileHandle file, ScannedFragment fragment)
    {
        if (fragment.Length is < 16 or > MaxBytes) return [];
        var bytes = new byte[fragment.Length];
        for (var at = 0; at < bytes.Length;)
        {
            var read = RandomAccess.Read(file, bytes.AsSpan(at), fragment.Offset + at);
            if (read == 0) return [];
            at += read;
        }

        var moof = (int)BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (moof < 8 || moof > bytes.Length - 8) return [];
        ReadOnlySpan<byte> boxes = bytes.AsSpan(8, moof - 8);
        while (SegmentScanner.NextBox(ref boxes, out var type, out var traf))
            if (type == SegmentScanner.FourCc("traf") && ReadTrack(traf, bytes.AsMemory(moof + 8)) is { } pictures) return pictures;
        return [];
    }

    /// <summary>Null when it is not the video track, which lies first.</summary>
    private static List<StoredPicture>? ReadTrack(ReadOnlySpan<byte> traf, ReadOnlyMemory<byte> media)
    {
        uint track = 0;
        long time = 0;
        var pictures = new List<StoredPicture>();
        while (SegmentScanner.NextBox(ref traf, out var type, out var box))
        {
            if (type == SegmentScanner.FourCc("tfhd") && box.Length >= 8) track = BinaryPrimitives.ReadUInt32BigEndian(box[4..]);
            else if (type == SegmentScanner.FourCc("tfdt") && box.Length >= 12) time = BinaryPrimitives.ReadInt64BigEndian(box[4..]);
            if (type != SegmentScanner.FourCc("trun") || track != Mp4Header.VideoTrack || box.Length < 12) continue;
            var samples = box[12..];
            for (var left = BinaryPrimitives.ReadUInt32BigEndian(box[4..]); left > 0 && samples.Length >= 16; left--, samples = samples[16..])
            {
                var size = BinaryPrimitives.ReadUInt32BigEndian(samples[4..]);
                if (size > media.Length) return pictures;
                pictures.Add(new StoredPicture(time + BinaryPrimitives.ReadInt32BigEndian(samples[12..]), media[..(int)size]));
                media = media[(int)size..];
                time += BinaryPrimitives.ReadUInt32BigEndian(samples);
            }
        }

        return track == Mp4Header.VideoTrack ? pictures : null;
    }
}
