namespace Heldar.Local.Smoke;

/// <summary>Defects that are put in to prove that smoke finds them.</summary>
[Flags]
internal enum SmokeFaults
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Azurite stays down after its outage.</summary>
    AzuriteDown = 1,

    /// <summary>A segment is on a disk that the index never heard of.</summary>
    LoseSegment = 2,

    /// <summary>The search returns one segment twice.</summary>
    Duplicate = 4,
}

/// <summary>How smoke runs.</summary>
/// <param name="Quick">Fewer and shorter segments.</param>
/// <param name="CountTimings">Whether <c>ok</c> depends on timings.</param>
/// <param name="Faults">Defects to put in.</param>
/// <param name="Keep">Keep the data folder.</param>
internal sealed record SmokeOptions(bool Quick, bool CountTimings, SmokeFaults Faults, bool Keep)
{
    /// <summary>Length of a segment in seconds.</summary>
    public int SegmentSeconds => Quick ? 2 : 4;

    /// <summary>Closed segments per camera to wait for before each disturbance.</summary>
    public int SegmentsPerPhase => Quick ? 1 : 3;

    /// <summary>How long the index may take to know everything after the outages.</summary>
    public TimeSpan CatchUp => TimeSpan.FromSeconds(Quick ? 20 : 60);
}
