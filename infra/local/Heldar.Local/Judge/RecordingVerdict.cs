namespace Heldar.Local.Judge;

/// <summary>What recordings are worth after kills and other accidents.</summary>
/// <param name="Segments">Files on disk.</param>
/// <param name="UnreadableSegments">Files that ffmpeg cannot decode from first to last frame without complaint.</param>
/// <param name="LostClosedSegments">Segments that the box had closed and that are gone, or are not what they were.</param>
/// <param name="FramesLost">Frames that cameras sent and no file holds, outside the kill windows.</param>
/// <param name="MaxLostMs">Kill instant minus the last frame before it, the largest of all cameras and kills.</param>
/// <param name="Duplicates">Frames that two files hold, plus files whose id is on the disk twice.</param>
/// <param name="Problems">All that is wrong, in words.</param>
internal sealed record RecordingVerdict(int Segments, int UnreadableSegments, int LostClosedSegments, long FramesLost, long MaxLostMs, long Duplicates, IReadOnlyList<string> Problems)
{
    /// <summary>The most that a kill may cost, ms.</summary>
    public const int AllowedLostMs = 2000;

    /// <summary>Of the lost closed segments those that were held.</summary>
    public int HeldLost { get; init; }

    /// <summary>Closed segments whose file is gone, also those that the box says that it deleted on purpose.</summary>
    public int Gone { get; init; }

    /// <summary>Neighbours of one run that overlap.</summary>
    public int OverlapsInRun { get; init; }

    /// <summary>Holes of more than a second that no gap explains; 0 when the box was not asked.</summary>
    public int UnexplainedGaps { get; init; }

    /// <summary>All frames of all cameras, by camera.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<InspectedSegment>> ByCamera { get; init; } = new Dictionary<string, IReadOnlyList<InspectedSegment>>();

    /// <summary>Nothing is wrong.</summary>
    public bool Ok => Problems.Count == 0;
}
