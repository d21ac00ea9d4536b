using NodaTime;

namespace Heldar.Edge.Ingest;

/// <summary>How a pipeline records; when it does, it is told apart. Immutable; a change of it never needs another session.</summary>
/// <param name="SegmentSeconds">Target length of a segment, 2 to 300; a new one counts from the next cut on.</param>
internal sealed record RecordingPlan(int SegmentSeconds)
{
    /// <summary>Most pre-roll.</summary>
    public static readonly Duration MaxPreRoll = Duration.FromSeconds(60);

    /// <summary>How much of what came before a start is kept while nothing is recorded, 0 to 60 s. 0 costs nothing: a start then begins with the picture group that runs.</summary>
    public Duration PreRoll { get; init; }
}
