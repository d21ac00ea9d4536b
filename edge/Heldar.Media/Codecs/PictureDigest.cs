using System.Buffers.Binary;
using System.Security.Cryptography;
using Heldar.Media.Streams;

namespace Heldar.Media.Codecs;

/// <summary>
/// A digest of the coded picture alone: parameter sets, SEI and delimiters, which a camera may send differently live and from its storage, do not count.
/// Two pictures with the same digest are the same picture, except where nothing moves.
/// </summary>
public static class PictureDigest
{
    private const int LengthBytes = 4;

    /// <summary>Digest of an access unit whose NAL units stand behind 4-byte lengths; 0 when it has no picture.</summary>
    public static ulong Of(MediaCodec codec, ReadOnlySpan<byte> unit)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var any = false;
        while (unit.Length > LengthBytes)
        {
            var length = BinaryPrimitives.ReadUInt32BigEndian(unit);
            if (length == 0 || length > unit.Length - LengthBytes) break;
            var nal = unit.Slice(LengthBytes, (int)length);
            if (codec == MediaCodec.H265 ? H265.IsPicture(H265.TypeOf(nal[0])) : H264.IsPicture(H264.TypeOf(nal[0])))
            {
                hash.AppendData(nal);
                any = true;
            }

            unit = unit[(LengthBytes + (int)length)..];
        }

        Span<byte> digest = stackalloc byte[SHA256.HashSizeInBytes];
        return any && hash.TryGetHashAndReset(digest, out _) ? BinaryPrimitives.ReadUInt64BigEndian(digest) : 0;
    }
}
