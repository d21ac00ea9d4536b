using NodaTime;

namespace Heldar.Cloud.Index;

/// <summary>How long the index remembers footage that no box reported as deleted.</summary>
/// <param name="Months">Whole months before the current one that are kept; null keeps everything. Fewer is a smaller database, and footage that boxes still have can be found at the box alone.</param>
public sealed record IndexRetention(int? Months)
{
    /// <summary>Fewest months: what lands late must not meet a month that was just dropped.</summary>
    public const int Least = 2;
    public const int Most = 600;

    /// <summary>Keeps everything.</summary>
    public static IndexRetention Everything { get; } = new((int?)null);

    /// <summary>SQL that is true for a header <c>s</c> of an hour that a standing hold covers, the segments that began in it and end in the next included.</summary>
    internal const string Held =
        "exists (select 1 from hold h where h.tenant = s.tenant and h.camera = s.camera and h.placed_at is not null and h.released_at is null and h.from_at < s.hour + interval '75 minutes' and h.to_at > s.hour)";

    /// <summary>The first day of the oldest month that is kept; null when all are.</summary>
    public LocalDate? FirstKept(Instant now) => Months is { } months ? MonthOf(now).PlusMonths(-months) : null;

    /// <summary>Whether an hour's month has been dropped, but for what is held.</summary>
    internal bool IsPast(Instant hour, Instant now) => FirstKept(now) is { } first && hour.InUtc().Date < first;

    internal static LocalDate MonthOf(Instant time) => time.InUtc().Date.With(DateAdjusters.StartOfMonth);
}
