using Heldar.Media.Codecs;

namespace Heldar.Media.Rtp;

/// <summary>RFC 7798 without decoding order numbers (sprop-max-don-diff 0): single NAL units, aggregation packets, fragmentation units.</summary>
internal sealed class H265Depacketiser(AccessUnitBuilder builder, ParameterSets sets) : NalDepacketiser(builder, sets)
{
    private const int Aggregation = 48;
    private const int Fragmentation = 49;

    public override bool Packet(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 3 || (payload[0] & 0x80) != 0) return false;
        switch (H265.TypeOf(payload[0]))
        {
            case Aggregation:
                return Aggregate(payload[2..], 2);
            case Fragmentation:
                var inner = payload[2] & 0x3F;
                return inner < Aggregation && Fragment([(byte)((payload[0] & 0x81) | (inner << 1)), payload[1]], payload[2], payload[3..], inner);
            case < Aggregation:
                return Whole(payload);
            default:
                return false;
        }
    }

    protected override NalRole RoleOf(ReadOnlySpan<byte> nal) => H265.TypeOf(nal[0]) switch
    {
        H265.Vps or H265.Sps or H265.Pps => NalRole.ParameterSet,
        H265.AccessUnitDelimiter or H265.Filler => NalRole.Dropped,
        var type when H265.IsRandomAccess(type) => NalRole.Keyframe,
        var type when H265.IsPicture(type) => NalRole.Picture,
        _ => NalRole.Kept,
    };

    protected override bool IsFirstSlice(ReadOnlySpan<byte> nal) => nal.Length > 2 && (nal[2] & 0x80) != 0;
}
