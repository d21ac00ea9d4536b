using Heldar.Contracts;
using NodaTime;

namespace Heldar.Edge.Api;

/// <summary>The time that a question is about.</summary>
/// <param name="From">Begin.</param>
/// <param name="To">End, after the begin.</param>
internal readonly record struct TimeRange(Instant From, Instant To)
{
    private static readonly Duration Longest = Duration.FromDays(400);

    /// <summary>Reads <c>from</c> and <c>to</c>; what is missing is filled from the other, so that <paramref name="usual"/> lies between them.</summary>
    /// <param name="from">RFC 3339, or null.</param>
    /// <param name="to">RFC 3339, or null for <paramref name="end"/>.</param>
    /// <param name="end">End when none is given.</param>
    /// <param name="usual">Length when no begin is given.</param>
    /// <param name="range">The range.</param>
    /// <returns>What is wrong, or null.</returns>
    public static string? Read(string? from, string? to, Instant end, Duration usual, out TimeRange range)
    {
        range = default;
        if (to is not null && !InstantText.TryParse(to, out end)) return "to must be a time such as 2026-11-21T04:37:00Z";
        var start = end - usual;
        if (from is not null && !InstantText.TryParse(from, out start)) return "from must be a time such as 2026-11-21T04:37:00Z";
        if (start >= end) return "from must lie before to";
        range = new TimeRange(start, end);
        return end - start > Longest ? $"from and to may lie {Longest.Days} days apart" : null;
    }
}
