using Heldar.Fleet.Operation;
using NodaTime;

namespace Heldar.Fleet.Metrics;

/// <summary>Everything that scrapes ask of the fleet at one moment. Immutable.</summary>
/// <param name="Database">What the database says; null when it did not answer.</param>
/// <param name="Queues">What the storage account says; null before the first look.</param>
internal sealed record FleetSample(Instant At, FleetNumbers? Database, QueueLook? Queues)
{
    public static FleetSample None { get; } = new(Instant.MinValue, null, null);
}

/// <summary>The database's figures, of all tenants together.</summary>
internal sealed record FleetNumbers(
    BoxFigures Boxes, IReadOnlyList<AgeRow> Ages, IReadOnlyList<ReasonRow> Letters, DueRow Due, IReadOnlyList<TimerRow> Timers, FoldRow? Fold, long Conflicts, long DisabledWebhooks);

/// <summary>Boxes and their watermarks. Ages are seconds; null when nothing has one.</summary>
internal sealed record BoxFigures
{
    public long Total { get; init; }

    public long Online { get; init; }

    public long Holed { get; init; }

    public long Missing { get; init; }

    public long MostMissing { get; init; }

    /// <summary>Of boxes that are online: the longest that nothing of one was applied.</summary>
    public double? OldestMark { get; init; }

    public double? OldestWaiting { get; init; }
}

/// <summary>Boxes whose watermarks moved last as long ago as the band says (<see cref="FleetSampler.Bands"/>).</summary>
internal sealed record AgeRow(int Band, long Boxes);

/// <summary>Open dead letters of a reason.</summary>
internal sealed record ReasonRow(string Reason, long Letters);

/// <summary>Deliveries that are due.</summary>
internal sealed record DueRow(long Deliveries, double? Oldest);

/// <summary>What the last run of the fold left: camera-hours, and seconds since when runs end with work left.</summary>
internal sealed record FoldRow(long Waiting, long Changed, long Failing, double Behind);

/// <summary>Seconds since a timer's last good run.</summary>
internal sealed record TimerRow(string Timer, double Age);
