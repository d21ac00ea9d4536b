using System.Diagnostics;

namespace Heldar.Edge.Storage;

/// <summary>Spans of segments: <c>segment.close</c> (the disk has the file) and <c>segment.seal</c> (the seal log says so).</summary>
internal static class StorageTraces
{
    private static readonly ActivitySource Source = new("Heldar.Edge.Storage");

    public static Activity? Close(SegmentFile file) =>
        Source.StartActivity("segment.close")?.SetTag("heldar.segment", file.Label.Segment).SetTag("heldar.camera", file.Label.Camera);

    public static Activity? Seal(ActivityContext close) => Source.StartActivity("segment.seal", ActivityKind.Internal, close);
}
