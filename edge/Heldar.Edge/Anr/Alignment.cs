using NodaTime;

namespace Heldar.Edge.Anr;

/// <summary>A picture by its content.</summary>
/// <param name="Time">When it was taken, by whoever dates it.</param>
/// <param name="Digest">Of the coded picture; 0 for none.</param>
internal readonly record struct DatedPicture(Instant Time, ulong Digest);

/// <summary>
/// Finds pictures that the box has among those that a camera replays, and by them how far the camera's dates lie from the box's: exact to the picture, whatever
/// clocks say.
/// </summary>
internal static class Alignment
{
    private const int Enough = 3;
    private static readonly long Bucket = Duration.FromMilliseconds(20).BclCompatibleTicks;

    /// <summary>What to add to the replay's times to get the box's; null when too few pictures are the same.</summary>
    /// <param name="known">Pictures that the box has.</param>
    /// <param name="replayed">Pictures of the replay around them.</param>
    /// <param name="expected">What clocks say; decides where nothing moves and pictures repeat.</param>
    public static Duration? Find(IReadOnlyList<DatedPicture> known, IReadOnlyList<DatedPicture> replayed, Duration expected)
    {
        var byDigest = known.Where(k => k.Digest != 0).ToLookup(k => k.Digest);
        var votes = new Dictionary<long, List<Duration>>();
        foreach (var seen in replayed)
        {
            foreach (var same in byDigest[seen.Digest])
            {
                var apart = same.Time - seen.Time;
                var bucket = apart.BclCompatibleTicks / Bucket;
                if (!votes.TryGetValue(bucket, out var list)) votes[bucket] = list = [];
                list.Add(apart);
            }
        }

        List<Duration> best = [];
        foreach (var bucket in votes.Keys)
        {
            List<Duration> here = [.. votes[bucket], .. votes.GetValueOrDefault(bucket + 1) ?? []];
            if (here.Count > best.Count || (here.Count == best.Count && Far(here) < Far(best))) best = here;
        }

        if (best.Count < Math.Min(Enough, Math.Max(1, byDigest.Count))) return null;
        best.Sort();
        return best[best.Count / 2];

        Duration Far(List<Duration> list) => list[0] > expected ? list[0] - expected : expected - list[0];
    }

    /// <summary>Where a picture of the box lies among those of the replay; −1 when it is not there.</summary>
    public static int IndexOf(DatedPicture known, IReadOnlyList<DatedPicture> replayed, Duration apart)
    {
        var tolerance = Duration.FromMilliseconds(250);
        var best = -1;
        for (var i = 0; i < replayed.Count; i++)
        {
            if (replayed[i].Digest != known.Digest || known.Digest == 0) continue;
            var far = Abs(replayed[i].Time + apart - known.Time);
            if (far > tolerance) continue;
            (best, tolerance) = (i, far);
        }

        return best;
    }

    private static Duration Abs(Duration duration) => duration < Duration.Zero ? -duration : duration;
}
