using NodaTime;

namespace Heldar.Cloud.Index;

/// <summary>What one run of the fold did.</summary>
/// <param name="Hours">Camera-hours that were folded.</param>
/// <param name="Segments">Segments that came from landing.</param>
/// <param name="Conflicts">Segments that came again with another hash.</param>
/// <param name="Failed">Hours that could not be folded; they are tried again, and each is in the log.</param>
public sealed record FoldResult(int Hours, int Segments, int Conflicts, int Failed)
{
    /// <summary>What is left for the next runs.</summary>
    public FoldLeft Left { get; init; } = new();
}

/// <summary>What a run of the fold left.</summary>
public sealed record FoldLeft
{
    /// <summary>Closed camera-hours that wait in landing.</summary>
    public long Waiting { get; init; }

    /// <summary>Folded camera-hours whose deletions were to be seen by now.</summary>
    public long Changed { get; init; }

    /// <summary>Camera-hours that cannot be folded.</summary>
    public long Failing { get; init; }

    /// <summary>Since when runs end with work left; null when the last one did all.</summary>
    public Instant? BehindSince { get; init; }
}
