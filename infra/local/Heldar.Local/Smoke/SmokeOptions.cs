namespace Heldar.Local.Smoke;

/// <summary>A defect that is put in to prove that smoke finds it; several are put in in this order.</summary>
internal enum SmokeFault
{
    /// <summary>Azurite stays down after its outage.</summary>
    AzuriteDown,

    /// <summary>The search returns one segment twice.</summary>
    Duplicate,

    /// <summary>A segment is on a disk that the index never heard of.</summary>
    LoseSegment,
}

/// <summary>How smoke runs.</summary>
/// <param name="Quick">Fewer and shorter segments: about 40 s on two idle cores.</param>
/// <param name="CountTimings">Whether <c>ok</c> depends on timings.</param>
/// <param name="Faults">Defects to put in, one after the other on one stack, each with its own report and no other disturbance; empty for the real run.</param>
/// <param name="Keep">Keep the data folder.</param>
internal sealed record SmokeOptions(bool Quick, bool CountTimings, IReadOnlyList<SmokeFault> Faults, bool Keep)
{
    /// <summary>Length of a segment in seconds.</summary>
    public int SegmentSeconds => Quick ? 2 : 4;

    /// <summary>Closed segments per camera to wait for before each disturbance.</summary>
    public int SegmentsPerPhase => Quick ? 1 : 3;

    /// <summary>How long the index may take to know everything; with a defect that it can never know, waiting longer proves nothing.</summary>
    public static TimeSpan CatchUp(SmokeFault? fault) => TimeSpan.FromSeconds(fault is SmokeFault.AzuriteDown or SmokeFault.LoseSegment ? 8 : 60);
}
