using Heldar.Contracts.Events;

namespace Heldar.Edge.Indexer;

/// <summary>A row of the table <c>segment</c>, as Dapper reads it.</summary>
internal sealed class Row
{
    public string Id { get; init; } = "";

    public string Camera { get; init; } = "";

    public long Revision { get; init; }

    public string Run { get; init; } = "";

    public long StartNs { get; init; }

    public long EndNs { get; init; }

    public long Bytes { get; init; }

    public string Codec { get; init; } = "";

    public long? Width { get; init; }

    public long? Height { get; init; }

    public long Frames { get; init; }

    public string Sha256 { get; init; } = "";

    public string Root { get; init; } = "";

    public long HashOrigin { get; init; }

    public long? CameraOffsetMs { get; init; }

    public string Reason { get; init; } = "";

    public long? Provenance { get; init; }

    public string Volume { get; init; } = "";

    public string Path { get; init; } = "";

    public long Held { get; init; }

    public SegmentData ToData() => new()
    {
        Segment = Guid.ParseExact(Id, "D"),
        Camera = Guid.ParseExact(Camera, "D"),
        Revision = (int)Revision,
        Run = Guid.ParseExact(Run, "D"),
        Start = SegmentIndex.Time(StartNs),
        End = SegmentIndex.Time(EndNs),
        Bytes = Bytes,
        Codec = Codec,
        Width = (int?)Width,
        Height = (int?)Height,
        Frames = (int)Frames,
        Sha256 = Sha256,
        Root = Root,
        HashOrigin = (HashOrigin)HashOrigin,
        CameraOffsetMs = CameraOffsetMs,
        Reason = Reason,
        Provenance = (FootageProvenance?)Provenance,
    };
}
