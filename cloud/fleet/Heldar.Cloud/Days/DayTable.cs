using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Cloud.Days;

/// <summary>A table in day partitions: by the day of what it tells, made ahead, dropped whole.</summary>
/// <param name="Name">The table's name; also the beginning of its partitions' names.</param>
/// <param name="KeptDays">Days that stay after their day.</param>
public sealed record DayTable(string Name, int KeptDays)
{
    public static readonly DayTable Detection = new("detection", 30);
    public static readonly DayTable ZoneEvent = new("zone_event", 90);
    public static readonly DayTable Snapshot = new("snapshot", 90);

    /// <summary>A year and what an auditor needs to look back on it.</summary>
    public static readonly DayTable Coverage = new("coverage", 400);

    /// <summary>How far a box's clock may be ahead.</summary>
    private static readonly Duration Ahead = Duration.FromDays(1);

    /// <summary>Every table.</summary>
    public static IReadOnlyList<DayTable> All { get; } = [Detection, ZoneEvent, Snapshot, Coverage];

    /// <summary>The day of a time.</summary>
    public static LocalDate DayOf(Instant time) => time.InUtc().Date;

    /// <summary>Whether a time's day has been dropped whole already: what comes this late is neither kept nor wrong.</summary>
    public bool IsPast(Instant time, Instant now) => DayOf(time) < FirstKept(now);

    /// <summary>Why a time cannot be stored, or null: a hostile box must not make partitions without end.</summary>
    public static string? Mistake(Instant time, Instant now) => EventRules.IsTime(time) && time <= now + Ahead ? null : "its time is more than a day ahead";

    /// <summary>The oldest day that is kept.</summary>
    internal LocalDate FirstKept(Instant now) => DayOf(now).PlusDays(-KeptDays);

    /// <summary>The name of a day's partition.</summary>
    internal string Partition(LocalDate day) => $"{Name}_{day:uuuuMMdd}";
}
