using System.Diagnostics;

namespace Heldar.Edge.Indexer;

/// <summary>The span of a segment's row and event in the database.</summary>
internal static class IndexerTraces
{
    private static readonly ActivitySource Source = new("Heldar.Edge.Indexer");

    public static Activity? Index(ActivityContext seal) => seal == default ? null : Source.StartActivity("segment.index", ActivityKind.Internal, seal);
}
