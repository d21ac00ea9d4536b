using NodaTime;

namespace Heldar.Cloud.Coverage;

/// <summary>A stretch of time in Unix milliseconds, from inclusive, to exclusive.</summary>
internal readonly record struct Stretch(long From, long To)
{
    public static Stretch Of(Instant from, Instant to) => new(from.ToUnixTimeMilliseconds(), to.ToUnixTimeMilliseconds());
}

/// <summary>A reported gap: its stretch and its cause's word.</summary>
internal readonly record struct CausedStretch(Stretch Stretch, string Cause);

/// <summary>What one hour of a camera comes to. Wanted is what is there and what is missing: an hour of which nobody said anything was not wanted.</summary>
/// <param name="PresentMs">Footage that is there, each moment once.</param>
/// <param name="Causes">Missing milliseconds by cause, each moment once; no entry is 0.</param>
internal sealed record CoverageHour(int PresentMs, IReadOnlyDictionary<string, int> Causes)
{
    /// <summary>The cloud's own word: the box has not been heard since, and the camera was to be recorded when it was heard last.</summary>
    public const string NotReported = "not_reported";

    /// <summary>The cloud's own word: it was there and has been deleted.</summary>
    public const string Deleted = "deleted";

    public const int HourMs = 3_600_000;

    public int MissingMs => Causes.Values.Sum();

    /// <summary>Counts an hour.</summary>
    /// <param name="hour">Its start.</param>
    /// <param name="footage">Footage that touches it, in any order, overlapping or not.</param>
    /// <param name="gaps">Gaps that touch it; of two that overlap the one that began first says why.</param>
    /// <param name="silentFrom">From where on the box owes a report; null when it owes none.</param>
    /// <param name="wasPresentMs">What was there when it was counted last, and what was deleted of it since; 0 unless a deletion touches the hour.</param>
    public static CoverageHour Count(Instant hour, IEnumerable<Stretch> footage, IEnumerable<CausedStretch> gaps, Instant? silentFrom, int wasPresentMs)
    {
        var whole = Stretch.Of(hour, hour + Duration.FromHours(1));
        List<Stretch> taken = [];
        var present = Take(taken, footage.Select(f => Clip(f, whole)).OrderBy(f => f.From));
        SortedDictionary<string, int> causes = new(StringComparer.Ordinal);
        foreach (var gap in gaps.OrderBy(g => g.Stretch.From)) Add(gap.Cause, Take(taken, [Clip(gap.Stretch, whole)]));
        if (silentFrom is { } from) Add(NotReported, Take(taken, [Clip(new(from.ToUnixTimeMilliseconds(), whole.To), whole)]));
        Add(Deleted, Math.Min(Math.Max(0, wasPresentMs - present), HourMs - present - causes.Values.Sum()));
        return new(present, causes);

        void Add(string cause, int ms)
        {
            if (ms > 0) causes[cause] = causes.GetValueOrDefault(cause) + ms;
        }
    }

    private static Stretch Clip(Stretch stretch, Stretch whole) => new(Math.Max(stretch.From, whole.From), Math.Min(stretch.To, whole.To));

    /// <summary>Takes stretches that nobody took yet and returns how long they are. <paramref name="taken"/> stays sorted, without overlaps.</summary>
    private static int Take(List<Stretch> taken, IEnumerable<Stretch> stretches)
    {
        var sum = 0L;
        foreach (var one in stretches)
        {
            var from = one.From;
            var at = taken.FindIndex(t => t.To > from);
            if (at < 0) at = taken.Count;
            while (from < one.To)
            {
                var next = at < taken.Count ? taken[at] : new Stretch(long.MaxValue, long.MaxValue);
                var to = Math.Min(one.To, next.From);
                if (from < to)
                {
                    taken.Insert(at++, new(from, to));
                    sum += to - from;
                }

                from = Math.Max(from, next.To);
                at++;
            }
        }

        return (int)sum;
    }
}
