using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>How a camera is cut into files. Immutable.</summary>
internal sealed record RecorderOptions
{
    /// <summary>
    /// Target length of a segment; it ends at the first keyframe after it. Default 30 s, 2 to 300 s. Longer means fewer files, rows and events;
    /// shorter means that sealed footage appears sooner.
    /// </summary>
    public Duration SegmentLength { get; init; } = Duration.FromSeconds(30);

    /// <summary>
    /// Longest media in one fragment. Default 0.8 s, 0.1 to 1 s. It is the unit of writing: shorter loses less in a crash and costs more writes.
    /// Media is held for this and 0.1 s at most.
    /// </summary>
    public Duration FragmentLength { get; init; } = Duration.FromMilliseconds(800);

    /// <summary>Every mistake, each naming its setting; empty when all is well.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>();
        if (SegmentLength < Duration.FromSeconds(2) || SegmentLength > Duration.FromSeconds(300))
            errors.Add($"SegmentLength must be 2 to 300 s; it is {SegmentLength.TotalSeconds} s.");
        if (FragmentLength < Duration.FromMilliseconds(100) || FragmentLength > Duration.FromSeconds(1))
            errors.Add($"FragmentLength must be 0.1 to 1 s; it is {FragmentLength.TotalSeconds} s.");
        return errors;
    }
}
