namespace Heldar.Local.Judge;

/// <summary>A gap that a box explains.</summary>
/// <param name="Camera">Name of the camera.</param>
/// <param name="FromUnixMs">Its begin, by the box's clock.</param>
/// <param name="ToUnixMs">Its end, by the box's clock; <see cref="long.MaxValue"/> while it lasts.</param>
/// <param name="Cause">Its cause, for example <c>process_down</c>.</param>
internal sealed record ClaimedGap(string Camera, long FromUnixMs, long ToUnixMs, string Cause)
{
    /// <summary>Milliseconds from <paramref name="from"/> to <paramref name="to"/> that none of the gaps covers.</summary>
    public static long Uncovered(IEnumerable<ClaimedGap> gaps, long from, long to)
    {
        long at = from, uncovered = 0;
        foreach (ClaimedGap gap in gaps.Where(gap => gap.ToUnixMs > from && gap.FromUnixMs < to).OrderBy(gap => gap.FromUnixMs))
        {
            if (gap.FromUnixMs > at) uncovered += gap.FromUnixMs - at;
            at = Math.Max(at, gap.ToUnixMs);
        }

        return uncovered + Math.Max(0, to - at);
    }
}
