using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Heldar.Media.Streams;

namespace Heldar.Media.Rtp;

/// <summary>G.711: each packet is one unit (RFC 3551 §4.5.14).</summary>
internal sealed class G711Track(int payloadType, int clockRate, AccessUnitBuilder builder, ITrackSink sink) : RtpTrack(payloadType, clockRate)
{
    public override void Dispose() => builder.Dispose();

    protected override void OnPacket(in RtpPacket packet)
    {
        if (!builder.Append(packet.Payload))
        {
            builder.Discard();
            Broken++;
            return;
        }

        var (block, offset, length) = builder.Complete();
        sink.OnUnit(new TrackUnit(TrackKind.Audio, packet.Timestamp, IsKeyframe: true, block, offset, length));
    }

    protected override void OnGap(in RtpPacket packet, int missing)
    {
    }

    protected override void OnBroken() => Broken++;
}

/// <summary>How AU headers are laid out (RFC 3640 §4.1): bits of size, index and index delta.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct AacLayout(int SizeBits, int IndexBits, int IndexDeltaBits)
{
    /// <summary>Mode AAC-hbr (§3.3.6).</summary>
    public static AacLayout HighBitRate => new(13, 3, 3);

    public bool IsValid => SizeBits is > 0 and <= 16 && IndexBits is >= 0 and <= 8 && IndexDeltaBits is >= 0 and <= 8;
}

/// <summary>AAC, RFC 3640 without interleaving: one or more whole units per packet, or one unit in fragments over several packets.</summary>
internal sealed class AacTrack(int payloadType, int clockRate, AacLayout layout, AccessUnitBuilder builder, ITrackSink sink) : RtpTrack(payloadType, clockRate)
{
    /// <summary>Samples per unit; 960 exists only in broadcast.</summary>
    private const uint UnitSamples = 1024;

    private int _missing;
    private uint _timestamp;

    public override void Dispose() => builder.Dispose();

    protected override void OnPacket(in RtpPacket packet)
    {
        if (_missing > 0 && packet.Timestamp != _timestamp) Break();
        if (!Read(packet)) Break();
    }

    protected override void OnGap(in RtpPacket packet, int missing) => Drop();

    protected override void OnBroken() => Break();

    private static int BitsAt(ReadOnlySpan<byte> bytes, int position, int count)
    {
        var value = 0;
        for (var i = position; i < position + count; i++) value = (value << 1) | ((bytes[i >> 3] >> (7 - (i & 7))) & 1);
        return value;
    }

    private bool Read(in RtpPacket packet)
    {
        var payload = packet.Payload;
        if (payload.Length < 2) return false;
        var headerBits = BinaryPrimitives.ReadUInt16BigEndian(payload);
        var headerBytes = (headerBits + 7) / 8;
        if (headerBytes > payload.Length - 2) return false;
        var headers = payload.Slice(2, headerBytes);
        var data = payload[(2 + headerBytes)..];
        var timestamp = packet.Timestamp;
        for (var position = 0; position < headerBits; timestamp += UnitSamples)
        {
            var indexBits = position == 0 ? layout.IndexBits : layout.IndexDeltaBits;
            if (position + layout.SizeBits + indexBits > headerBits) return false;
            var size = BitsAt(headers, position, layout.SizeBits);
            if (BitsAt(headers, position + layout.SizeBits, indexBits) != 0) return false;
            var only = position == 0 && layout.SizeBits + indexBits >= headerBits;
            position += layout.SizeBits + indexBits;
            if (size > data.Length || _missing > 0) return only && Part(data, size, timestamp);
            if (size == 0) continue;
            if (!builder.Append(data[..size])) return false;
            Emit(timestamp);
            data = data[size..];
        }

        return true;
    }

    private bool Part(ReadOnlySpan<byte> data, int size, uint timestamp)
    {
        if (_missing == 0)
        {
            _missing = size;
            _timestamp = timestamp;
        }

        if (data.Length > _missing || !builder.Append(data)) return false;
        _missing -= data.Length;
        if (_missing == 0) Emit(timestamp);
        return true;
    }

    private void Emit(uint timestamp)
    {
        var (block, offset, length) = builder.Complete();
        sink.OnUnit(new TrackUnit(TrackKind.Audio, timestamp, IsKeyframe: true, block, offset, length));
    }

    private void Break()
    {
        Broken++;
        Drop();
    }

    private void Drop()
    {
        _missing = 0;
        builder.Discard();
    }
}
