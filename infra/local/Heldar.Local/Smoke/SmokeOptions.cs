namespace Heldar.Local.Smoke;

/// <summary>A defect that is put in to prove that smoke finds it.</summary>
internal enum SmokeFault
{
    /// <summary>None.</summary>
    None,

    /// <summary>Azurite stays down after its outage.</summary>
    AzuriteDown,

    /// <summary>A segment is on a disk that the index never heard of.</summary>
    LoseSegment,

    /// <summary>The search returns one segment twice.</summary>
    Duplicate,
}

/// <summary>How smoke runs.</summary>
/// <param name="Quick">Fewer segments, at most 45 s.</param>
/// <param name="CountTimings">Whether <c>ok</c> depends on timings.</param>
/// <param name="Fault">A defect to put in.</param>
/// <param name="Keep">Keep the data folder.</param>
internal sealed record SmokeOptions(bool Quick, bool CountTimings, SmokeFault Fault, bool Keep)
{
    /// <summary>Length of a segment in seconds.</summary>
    public int SegmentSeconds => Quick ? 2 : 4;

    /// <summary>Closed segments per camera to wait for before each disturbance.</summary>
    public int SegmentsPerPhase => Quick ? 1 : 3;

    /// <summary>How long the index may take to know everything after the outages.</summary>
    public TimeSpan CatchUp => TimeSpan.FromSeconds(Quick ? 20 : 60);
}
