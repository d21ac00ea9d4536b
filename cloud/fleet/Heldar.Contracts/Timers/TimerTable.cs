using NodaTime;

namespace Heldar.Contracts.Timers;

/// <summary>One timer of the pipeline.</summary>
/// <param name="Name">Name of its function.</param>
/// <param name="Interval">It runs at multiples of this since 1970 UTC.</param>
public sealed record TimerEntry(string Name, Duration Interval)
{
    /// <summary>It runs in each shard, and each has a row of its own.</summary>
    public bool PerShard { get; init; }

    /// <summary>Name of its row in a shard.</summary>
    public string RowIn(string shard) => PerShard ? $"{Name}/{shard}" : Name;

    /// <summary>Number of the slot that a moment lies in.</summary>
    public long SlotOf(Instant at) => (long)Math.Floor((at - NodaConstants.UnixEpoch).TotalMilliseconds / Interval.TotalMilliseconds);

    /// <summary>When a slot begins.</summary>
    public Instant StartOf(long slot) => NodaConstants.UnixEpoch + (Interval * slot);
}

/// <summary>The timers of the pipeline: the functions run them, the fleet says whether they ran.</summary>
public static class TimerTable
{
    public static TimerEntry FoldSpans { get; } = new("FoldSpans", Duration.FromMinutes(1));

    public static TimerEntry CountCoverage { get; } = new("CountCoverage", Duration.FromMinutes(1));

    public static TimerEntry BuildIndex { get; } = new("BuildIndex", Duration.FromMinutes(1));

    public static TimerEntry RequeueWebhooks { get; } = new("RequeueWebhooks", Duration.FromSeconds(15));

    public static TimerEntry DrainPoison { get; } = new("DrainPoison", Duration.FromSeconds(15)) { PerShard = true };

    /// <summary>Every timer.</summary>
    public static IReadOnlyList<TimerEntry> All { get; } = [FoldSpans, CountCoverage, BuildIndex, RequeueWebhooks, DrainPoison];

    /// <summary>Every timer by the names of its rows, where these shards are served.</summary>
    public static IEnumerable<TimerEntry> In(IEnumerable<string> shards) => All.SelectMany(t => t.PerShard ? shards.Select(s => t with { Name = t.RowIn(s) }) : [t]);
}
