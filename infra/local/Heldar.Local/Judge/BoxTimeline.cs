namespace Heldar.Local.Judge;

/// <summary>
/// One camera's footage on the box's clock: the name of a file says when it begins, its frames how long it lasts. Segments of one run must not overlap, and whatever
/// is missing between them must be a gap that the box explains.
/// </summary>
internal static class BoxTimeline
{
    /// <summary>Shorter holes need no explanation, ms.</summary>
    public const int ShortestHoleMs = 1000;

    /// <summary>A longer hole is no absence of footage but two times that a clock showed, ms: 20 days.</summary>
    private const long LongestHoleMs = 20L * 24 * 3600 * 1000;

    // Names have whole milliseconds, and a run's time may be slewed by 500 ppm: half a frame of 25 per second.
    private const int OverlapMs = 20;

    /// <summary>Pairs of neighbours in one run of which the second begins before the first ends.</summary>
    /// <param name="segments">All segments of one camera, in any order.</param>
    /// <param name="runs">Run of each segment. One that is not in it is left out.</param>
    public static IReadOnlyList<string> Overlaps(IEnumerable<InspectedSegment> segments, IReadOnlyDictionary<Guid, Guid> runs)
    {
        List<string> found = [];
        foreach (var run in segments.Where(s => runs.ContainsKey(s.File.Segment)).GroupBy(s => runs[s.File.Segment]))
        {
            Stretch? last = null;
            foreach (Stretch next in run.SelectMany(Stretches).OrderBy(s => s.From))
            {
                if (last is not null && last.To - next.From > OverlapMs) found.Add($"{next.File} begins {last.To - next.From} ms before the end of {last.File}, in one run");
                if (last is null || next.To > last.To) last = next;
            }
        }

        return found;
    }

    /// <summary>Holes of more than a second that the gaps do not explain.</summary>
    /// <param name="segments">All segments of one camera, in any order.</param>
    /// <param name="gaps">What the box says about this camera.</param>
    public static IReadOnlyList<string> Unexplained(IEnumerable<InspectedSegment> segments, IReadOnlyCollection<ClaimedGap> gaps)
    {
        List<string> found = [];
        Stretch? last = null;
        foreach (Stretch next in segments.SelectMany(Stretches).OrderBy(s => s.From))
        {
            if (last is not null && next.From - last.To is > ShortestHoleMs and < LongestHoleMs && ClaimedGap.Uncovered(gaps, last.To, next.From) is > ShortestHoleMs and var bare)
                found.Add($"{bare} of {next.From - last.To} ms between {last.File} and {next.File} are not explained");
            if (last is null || next.To > last.To) last = next;
        }

        return found;
    }

    /// <summary>Gaps that lie over footage that is there.</summary>
    /// <param name="segments">All segments of one camera, in any order.</param>
    /// <param name="gaps">What the box says about this camera.</param>
    /// <param name="edgeMs">Footage that a gap may lie over, ms.</param>
    public static IReadOnlyList<string> Overclaimed(IEnumerable<InspectedSegment> segments, IEnumerable<ClaimedGap> gaps, int edgeMs)
    {
        List<Stretch> recorded = [.. segments.SelectMany(Stretches)];
        return [.. gaps.Select(gap => (Gap: gap, Over: recorded.Sum(s => Math.Max(0, Math.Min(s.To, gap.ToUnixMs) - Math.Max(s.From, gap.FromUnixMs))))).Where(found => found.Over > edgeMs)
            .Select(found => $"{found.Gap.Camera}: a gap ({found.Gap.Cause}) from {found.Gap.FromUnixMs} to {found.Gap.ToUnixMs} lies over {found.Over} ms of footage")];
    }

    /// <summary>Unbroken rows of frames.</summary>
    private static IEnumerable<Stretch> Stretches(InspectedSegment segment)
    {
        if (segment.File.Start is not { } begin || segment.Marks.Count == 0) yield break;
        long start = begin.ToUnixTimeMilliseconds(), first = segment.Marks[0].CameraUnixMs;
        int from = 0;
        for (int at = 1; at <= segment.Marks.Count; at++)
        {
            if (at < segment.Marks.Count && segment.Marks[at].Counter == segment.Marks[at - 1].Counter + 1) continue;
            yield return new Stretch(segment.File.File, start + segment.Marks[from].CameraUnixMs - first, start + segment.Marks[at - 1].CameraUnixMs - first + (1000 / segment.Camera.Footage.FramesPerSecond));
            from = at;
        }
    }

    private sealed record Stretch(string File, long From, long To);
}
