using System.Buffers.Binary;
using System.Text;
using NodaTime;

namespace Heldar.Media.Mp4;

/// <summary>Where a segment's footage comes from.</summary>
public enum SegmentOrigin
{
    /// <summary>The box received it live.</summary>
    Box = 0,

    /// <summary>The camera's own storage.</summary>
    Camera = 1,
}

/// <summary>
/// What a segment says about itself, in a <c>uuid</c> box between <c>ftyp</c> and <c>moov</c>. Layout behind the extended type
/// <c>68656c64-6172-7365-676d-656e74763031</c> (ASCII "heldarsegmentv01"), big endian: segment 16, camera 16, run 16, start in nanoseconds since
/// 1970 8, width 2, height 2, length of the codec string 1, codec string, and where the footage is not the box's own, where it comes from 1.
/// </summary>
/// <param name="Segment">UUIDv7 made when the file was opened.</param>
/// <param name="Camera">Uid of the camera.</param>
/// <param name="Run">The run that it belongs to.</param>
/// <param name="Start">Presentation time of its first access unit.</param>
/// <param name="Width">Pixels.</param>
/// <param name="Height">Pixels.</param>
/// <param name="Codec">RFC 6381.</param>
public sealed record SegmentLabel(Guid Segment, Guid Camera, Guid Run, Instant Start, int Width, int Height, string Codec)
{
    /// <summary>Where the footage comes from.</summary>
    public SegmentOrigin Origin { get; init; }

    internal static ReadOnlySpan<byte> ExtendedType => "heldarsegmentv01"u8;

    private const int Fixed = 16 + 48 + 8 + 5;

    internal void Write(BoxWriter writer)
    {
        var box = writer.Begin("uuid"u8);
        writer.Bytes(ExtendedType);
        writer.Guid(Segment);
        writer.Guid(Camera);
        writer.Guid(Run);
        writer.I64((Start - NodaConstants.UnixEpoch).ToInt64Nanoseconds());
        writer.U16(Width);
        writer.U16(Height);
        writer.U8(Codec.Length);
        writer.Bytes(Encoding.ASCII.GetBytes(Codec));
        if (Origin != SegmentOrigin.Box) writer.U8((int)Origin);
        writer.End(box);
    }

    /// <summary>Reads the body of a uuid box; null when it is another one or damaged.</summary>
    internal static SegmentLabel? TryRead(ReadOnlySpan<byte> body)
    {
        if (body.Length < Fixed || !body[..16].SequenceEqual(ExtendedType)) return null;
        var codec = body[(Fixed - 1)];
        if (body.Length < Fixed + codec) return null;
        return new SegmentLabel(
            new Guid(body.Slice(16, 16), bigEndian: true),
            new Guid(body.Slice(32, 16), bigEndian: true),
            new Guid(body.Slice(48, 16), bigEndian: true),
            NodaConstants.UnixEpoch + Duration.FromNanoseconds(BinaryPrimitives.ReadInt64BigEndian(body[64..])),
            BinaryPrimitives.ReadUInt16BigEndian(body[72..]),
            BinaryPrimitives.ReadUInt16BigEndian(body[74..]),
            Encoding.ASCII.GetString(body.Slice(Fixed, codec)))
        {
            Origin = body.Length > Fixed + codec ? (SegmentOrigin)body[Fixed + codec] : SegmentOrigin.Box,
        };
    }
}
