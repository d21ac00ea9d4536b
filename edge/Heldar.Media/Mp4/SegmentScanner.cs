using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace Heldar.Media.Mp4;

/// <summary>
/// Walks the boxes of a segment file up to the last whole <c>moof</c> + <c>mdat</c>. Made for torn and hostile files: every length is checked
/// against the file and against a bound before it is used, media is skipped, and nothing throws for what the bytes say.
/// </summary>
public static class SegmentScanner
{
    private const int MaxHeaderBox = 1 << 20;
    private const int MaxMoof = 16 << 20;
    private const int MaxTail = 16 << 20;
    private const int MaxFragments = 100_000;

    /// <summary>Scans a file.</summary>
    /// <param name="file">Open for reading.</param>
    /// <param name="cancellation">Gives up between fragments.</param>
    /// <exception cref="IOException">The disk failed.</exception>
    public static SegmentScan Scan(SafeFileHandle file, CancellationToken cancellation = default)
    {
        var length = RandomAccess.GetLength(file);
        var (label, header) = ReadHeader(file, length);
        var fragments = new List<ScannedFragment>();
        if (label is null) return new SegmentScan(null, 0, fragments, 0, 0, length);

        long at = header;
        while (fragments.Count < MaxFragments && TryReadFragment(file, at, length, out var fragment))
        {
            cancellation.ThrowIfCancellationRequested();
            fragments.Add(fragment);
            at += fragment.Length;
        }

        return new SegmentScan(label, header, fragments, at, ReadTail(file, at, length), length);
    }

    private static (SegmentLabel? Label, int Length) ReadHeader(SafeFileHandle file, long length)
    {
        long at = 0;
        SegmentLabel? label = null;
        foreach (var expected in (ReadOnlySpan<uint>)[FourCc("ftyp"), FourCc("uuid"), FourCc("moov")])
        {
            if (!TryReadHead(file, at, length, out var type, out var size) || type != expected || size > MaxHeaderBox) return (null, 0);
            if (type == FourCc("uuid") && (label = SegmentLabel.TryRead(ReadBody(file, at, (int)size))) is null) return (null, 0);
            at += size;
        }

        return (label, (int)at);
    }

    private static bool TryReadFragment(SafeFileHandle file, long at, long length, out ScannedFragment fragment)
    {
        fragment = default;
        if (!TryReadHead(file, at, length, out var type, out var moof) || type != FourCc("moof") || moof > MaxMoof) return false;
        if (!TryReadHead(file, at + moof, length, out type, out var mdat) || type != FourCc("mdat") || moof + mdat > int.MaxValue) return false;
        if (!TryReadVideo(ReadBody(file, at, (int)moof), mdat - 8, out var frames, out var end)) return false;
        fragment = new ScannedFragment(at, (int)(moof + mdat), frames, end);
        return true;
    }

    /// <summary>Counts the video samples of a moof's body; false when it does not fit its mdat.</summary>
    private static bool TryReadVideo(ReadOnlySpan<byte> moof, long mediaBytes, out int frames, out long end)
    {
        (frames, end) = (0, 0);
        long media = 0;
        while (NextBox(ref moof, out var type, out var traf))
        {
            if (type != FourCc("traf")) continue;
            uint track = 0;
            long time = 0;
            while (NextBox(ref traf, out type, out var box))
            {
                if (type == FourCc("tfhd") && box.Length >= 8) track = BinaryPrimitives.ReadUInt32BigEndian(box[4..]);
                else if (type == FourCc("tfdt") && box.Length >= 12) time = BinaryPrimitives.ReadInt64BigEndian(box[4..]);
                else if (type == FourCc("trun"))
                {
                    if (box.Length < 12) return false;
                    var count = BinaryPrimitives.ReadUInt32BigEndian(box[4..]);
                    var samples = box[12..];
                    if (count > samples.Length / 16) return false;
                    for (var i = 0; i < count; i++)
                    {
                        time += BinaryPrimitives.ReadUInt32BigEndian(samples[(i * 16)..]);
                        media += BinaryPrimitives.ReadUInt32BigEndian(samples[((i * 16) + 4)..]);
                    }

                    if (track != Mp4Header.VideoTrack) continue;
                    frames += (int)count;
                    end = time;
                }
            }
        }

        return media == mediaBytes;
    }

    private static int ReadTail(SafeFileHandle file, long at, long length)
    {
        if (!TryReadHead(file, at, length, out var type, out var size) || type != FourCc("mfra") || size is < 16 or > MaxTail) return 0;
        return (int)size;
    }

    internal static bool NextBox(ref ReadOnlySpan<byte> bytes, out uint type, out ReadOnlySpan<byte> body)
    {
        type = 0;
        body = default;
        if (bytes.Length < 8) return false;
        var size = BinaryPrimitives.ReadUInt32BigEndian(bytes);
        if (size < 8 || size > bytes.Length) return false;
        type = BinaryPrimitives.ReadUInt32BigEndian(bytes[4..]);
        body = bytes[8..(int)size];
        bytes = bytes[(int)size..];
        return true;
    }

    /// <summary>Reads a box's size and type; false when the box is not whole within the file.</summary>
    private static bool TryReadHead(SafeFileHandle file, long at, long length, out uint type, out long size)
    {
        (type, size) = (0, 0);
        Span<byte> head = stackalloc byte[8];
        if (length - at < 8 || RandomAccess.Read(file, head, at) != 8) return false;
        size = BinaryPrimitives.ReadUInt32BigEndian(head);
        type = BinaryPrimitives.ReadUInt32BigEndian(head[4..]);
        return size >= 8 && at + size <= length;
    }

    private static byte[] ReadBody(SafeFileHandle file, long at, int size)
    {
        var body = new byte[size - 8];
        var read = 0;
        while (read < body.Length)
        {
            var got = RandomAccess.Read(file, body.AsSpan(read), at + 8 + read);
            if (got == 0) break;
            read += got;
        }

        return body;
    }

    internal static uint FourCc(string type) => ((uint)type[0] << 24) | ((uint)type[1] << 16) | ((uint)type[2] << 8) | type[3];
}
