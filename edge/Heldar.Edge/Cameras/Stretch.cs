using NodaTime;

namespace Heldar.Edge.Cameras;

/// <summary>A stretch of time: [Start, End).</summary>
internal readonly record struct Stretch(Instant Start, Instant End)
{
    /// <summary>Sorted, without overlaps and empty ones; holes up to <paramref name="tolerance"/> are closed.</summary>
    public static IReadOnlyList<Stretch> Merge(IEnumerable<Stretch> stretches, Duration tolerance = default)
    {
        var merged = new List<Stretch>();
        foreach (var next in stretches.Where(s => s.End > s.Start).OrderBy(s => s.Start))
        {
            if (merged.Count > 0 && next.Start - merged[^1].End <= tolerance) merged[^1] = merged[^1] with { End = Instant.Max(merged[^1].End, next.End) };
            else merged.Add(next);
        }

        return merged;
    }

    /// <summary>What lies in both; takes and gives merged lists.</summary>
    public static IReadOnlyList<Stretch> Both(IReadOnlyList<Stretch> a, IReadOnlyList<Stretch> b)
    {
        var both = new List<Stretch>();
        for (int i = 0, j = 0; i < a.Count && j < b.Count;)
        {
            var (start, end) = (Instant.Max(a[i].Start, b[j].Start), Instant.Min(a[i].End, b[j].End));
            if (end > start) both.Add(new Stretch(start, end));
            if (a[i].End < b[j].End) i++;
            else j++;
        }

        return both;
    }

    /// <summary>What of <paramref name="a"/> does not lie in <paramref name="b"/>; takes and gives merged lists.</summary>
    public static IReadOnlyList<Stretch> Without(IReadOnlyList<Stretch> a, IReadOnlyList<Stretch> b)
    {
        var left = new List<Stretch>();
        var j = 0;
        foreach (var stretch in a)
        {
            var at = stretch.Start;
            while (j < b.Count && b[j].End <= at) j++;
            for (var k = j; k < b.Count && b[k].Start < stretch.End; k++)
            {
                if (b[k].Start > at) left.Add(new Stretch(at, b[k].Start));
                at = Instant.Max(at, b[k].End);
            }

            if (at < stretch.End) left.Add(new Stretch(at, stretch.End));
        }

        return left;
    }

    /// <summary>Seconds of a merged list.</summary>
    public static double Seconds(IEnumerable<Stretch> stretches) => stretches.Sum(s => (s.End - s.Start).TotalSeconds);
}
