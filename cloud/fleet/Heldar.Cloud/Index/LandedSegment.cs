using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Cloud.Index;

/// <summary>A landing row as it is read back.</summary>
internal sealed record LandedSegment
{
    public Guid Segment { get; init; }

    public Guid Camera { get; init; }

    public int Revision { get; init; }

    public Guid Run { get; init; }

    public Instant Start { get; init; }

    public Instant End { get; init; }

    public long Bytes { get; init; }

    public string Codec { get; init; } = "";

    public int? Width { get; init; }

    public int? Height { get; init; }

    public int Frames { get; init; }

    public string Sha256 { get; init; } = "";

    public string Root { get; init; } = "";

    public short HashOrigin { get; init; }

    public long? CameraOffsetMs { get; init; }

    public string Reason { get; init; } = "";

    public short? Provenance { get; init; }

    public SegmentData ToData() => new()
    {
        Segment = Segment,
        Camera = Camera,
        Revision = Revision,
        Run = Run,
        Start = Start,
        End = End,
        Bytes = Bytes,
        Codec = Codec,
        Width = Width,
        Height = Height,
        Frames = Frames,
        Sha256 = Sha256,
        Root = Root,
        HashOrigin = (HashOrigin)HashOrigin,
        CameraOffsetMs = CameraOffsetMs,
        Provenance = (FootageProvenance?)Provenance,
        Reason = Reason,
    };
}
