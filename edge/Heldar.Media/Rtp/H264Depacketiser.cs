using Heldar.Media.Codecs;

namespace Heldar.Media.Rtp;

/// <summary>RFC 6184, packetisation modes 0 and 1: single NAL units, STAP-A, FU-A.</summary>
internal sealed class H264Depacketiser(AccessUnitBuilder builder, ParameterSets sets) : NalDepacketiser(builder, sets)
{
    private const int StapA = 24;
    private const int FuA = 28;

    public override bool Packet(ReadOnlySpan<byte> payload)
    {
        if (payload.Length < 2 || (payload[0] & 0x80) != 0) return false;
        var type = H264.TypeOf(payload[0]);
        switch (type)
        {
            case StapA:
                return Aggregate(payload[1..], 1);
            case FuA:
                var inner = payload[1] & 0x1F;
                return inner is > 0 and < StapA && Fragment([(byte)((payload[0] & 0xE0) | inner)], payload[1], payload[2..], inner);
            default:
                return type is > 0 and < StapA && Whole(payload);
        }
    }

    protected override NalRole RoleOf(ReadOnlySpan<byte> nal) => H264.TypeOf(nal[0]) switch
    {
        H264.Idr => NalRole.Keyframe,
        H264.Sps or H264.Pps => NalRole.ParameterSet,
        H264.AccessUnitDelimiter or H264.Filler => NalRole.Dropped,
        var type when H264.IsPicture(type) => NalRole.Picture,
        _ => NalRole.Kept,
    };

    protected override bool IsFirstSlice(ReadOnlySpan<byte> nal) => nal.Length > 1 && (nal[1] & 0x80) != 0;
}
