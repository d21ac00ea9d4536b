using Heldar.Contracts;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using NodaTime;

namespace Heldar.Edge.Jobs;

/// <summary>What was recorded of a job's time. What retention deleted since was recorded all the same.</summary>
/// <param name="Recorded">All of it together.</param>
/// <param name="Until">End of the last of it; null without any.</param>
internal sealed record JobFootage(Duration Recorded, Instant? Until)
{
    /// <summary>Less than this is never missed: pictures have a length, and a recording begins with a picture.</summary>
    public static readonly Duration Slack = Duration.FromSeconds(1);

    public static JobFootage None { get; } = new(Duration.Zero, null);

    /// <summary>What there is of [from, to), in any order.</summary>
    public static JobFootage Of(Instant from, Instant to, IEnumerable<Stretch> recorded)
    {
        var there = Stretch.Both(Stretch.Merge(recorded, SpanRows.Tolerance), [new Stretch(from, to)]);
        return there.Count == 0 ? None : new JobFootage(there.Aggregate(Duration.Zero, (sum, s) => sum + (s.End - s.Start)), there[^1].End);
    }

    public bool IsWhole(RecordingJob job) => Recorded > Duration.Zero && Recorded >= job.To - job.From - Slack;

    /// <summary>For people: how much it is, and until when.</summary>
    public string Text(RecordingJob job) =>
        $"recorded {Math.Floor(Recorded.TotalSeconds):0} of {Math.Ceiling((job.To - job.From).TotalSeconds):0} s, until {(Until is { } until ? InstantText.Format(until) : "-")}";
}
