using NodaTime;

namespace Heldar.Fleet.Operation;

/// <summary>Answer of <c>GET /api/v1/operation</c>.</summary>
/// <param name="At">When it was put together, by the fleet's clock.</param>
/// <param name="Healthy">No cause is left.</param>
/// <param name="Causes">What somebody should look at, the worst first.</param>
/// <param name="Boxes">The tenant's boxes in numbers.</param>
/// <param name="Letters">The tenant's dead letters.</param>
internal sealed record OperationView(Instant At, bool Healthy, IReadOnlyList<OperationCause> Causes, BoxNumbers Boxes, LetterNumbers Letters)
{
    /// <summary>Segments that came again within the last <see cref="HealthRules.ConflictDays"/> days under the same revision with another hash; at most <see cref="OperationDirectory.MostLetters"/> are counted.</summary>
    public long Conflicts { get; init; }

    /// <summary>Webhook endpoints that the service itself disabled, by name.</summary>
    public IReadOnlyList<string> DisabledWebhooks { get; init; } = [];

    /// <summary>Queues, timers and versions serve all tenants: administrators of the default tenant alone see them.</summary>
    public PipelineView? Pipeline { get; init; }
}

/// <summary>Something that is not as it should be.</summary>
/// <param name="Code">Stable word.</param>
/// <param name="Severity"><c>bad</c>: events wait or are lost from sight; <c>warn</c>: it may become bad.</param>
/// <param name="Text">For people.</param>
internal sealed record OperationCause(string Code, string Severity, string Text);

/// <summary>Boxes in numbers.</summary>
/// <param name="Total">All.</param>
/// <param name="Silent">Those that are offline: what they have is not known.</param>
/// <param name="Behind">Those that say that an event has waited on them for longer than <see cref="HealthRules.LagLimit"/>.</param>
internal sealed record BoxNumbers(long Total, long Silent, long Behind);

/// <summary>Dead letters in numbers, at most <see cref="OperationDirectory.MostLetters"/> of a state are counted.</summary>
/// <param name="Open">Nobody has done anything about them.</param>
/// <param name="Redriven">Sent again and on their way.</param>
/// <param name="AtLeast">There are more than were counted.</param>
/// <param name="Queues">Open ones by the queue that they came through.</param>
/// <param name="OldestAt">When the oldest open one came.</param>
internal sealed record LetterNumbers(long Open, long Redriven, bool AtLeast, IReadOnlyList<QueueLetters> Queues, Instant? OldestAt = null);

/// <summary>Open letters of one queue, by its full name.</summary>
internal sealed record QueueLetters(string Queue, long Open);

/// <summary>What serves all tenants.</summary>
/// <param name="QueuesAt">When the queues were looked at; a look is kept for a few seconds.</param>
/// <param name="Shards">At most <see cref="QueueWatch.MostShards"/>.</param>
/// <param name="ShardsLeftOut">Shards beyond these.</param>
internal sealed record PipelineView(Instant QueuesAt, IReadOnlyList<ShardView> Shards, int ShardsLeftOut, IReadOnlyList<TimerView> Timers, IndexView Index, SchemaView Schema)
{
    /// <summary>Why the queues could not be seen.</summary>
    public string? StorageFault { get; init; }

    /// <summary>Up to where closed hours are in the coverage ledger, or wait to be counted.</summary>
    public Instant? CoverageThrough { get; init; }

    /// <summary>What the last run of the fold left; null before the first.</summary>
    public FoldView? Fold { get; init; }
}

/// <summary>What the last run of the fold left.</summary>
/// <param name="At">When it ended.</param>
/// <param name="Waiting">Closed camera-hours that wait in landing.</param>
/// <param name="Changed">Folded camera-hours whose deletions were to be seen by then.</param>
/// <param name="Failing">Camera-hours that cannot be folded.</param>
internal sealed record FoldView(Instant At, long Waiting, long Changed, long Failing)
{
    /// <summary>Since when runs end with work left; null when the last one did all.</summary>
    public Instant? BehindSince { get; init; }
}

/// <summary>One shard.</summary>
/// <param name="Served">It is one of this service's shards; a queue of another one is only emptied.</param>
/// <param name="Boxes">Boxes that tell this shard, of all tenants.</param>
internal sealed record ShardView(string Shard, bool Served, long Boxes, IReadOnlyList<QueueView> Queues)
{
    /// <summary>The circuit of its functions, while one is open; null while all are closed.</summary>
    public BreakerView? Breaker { get; init; }
}

/// <summary>Functions of a shard that put messages back unasked, because too many failed.</summary>
/// <param name="Instances">How many instances do.</param>
/// <param name="Since">Since when the first one does.</param>
/// <param name="Cause">What failed last.</param>
internal sealed record BreakerView(long Instances, Instant Since, string Cause);

/// <summary>One queue of a shard.</summary>
/// <param name="Queue">Unsharded name.</param>
internal sealed record QueueView(string Queue)
{
    /// <summary>Messages, leased and delayed ones included; approximate. Null when it could not be seen.</summary>
    public int? Messages { get; init; }

    /// <summary>Messages whose handler crashed each time and that nobody has filed yet.</summary>
    public int? Poison { get; init; }

    /// <summary>
    /// Since when the message at the front waits: its first attempt, or when it was put. Null when none is visible: all are being worked on, or wait for another attempt.
    /// </summary>
    public Instant? WaitingSince { get; init; }

    /// <summary>Failed attempts of the message at the front.</summary>
    public int? Attempts { get; init; }

    /// <summary>Why it could not be seen.</summary>
    public string? Fault { get; init; }
}

/// <summary>One timer.</summary>
/// <param name="EverySeconds">Its interval.</param>
/// <param name="NextRun">Begin of the first slot that has not been run.</param>
/// <param name="Missed">Slots that passed without a run; they become one run.</param>
/// <param name="Running">Somebody holds its lease now.</param>
internal sealed record TimerView(string Timer, int EverySeconds, Instant NextRun, long Missed, bool Running)
{
    /// <summary>When it last ended well; null when it never did.</summary>
    public Instant? LastRun { get; init; }

    /// <summary>End of the lease, while it is running.</summary>
    public Instant? LeaseUntil { get; init; }
}

/// <summary>The search index.</summary>
/// <param name="Current">Version that is searched.</param>
internal sealed record IndexView(int Current)
{
    /// <summary>Version that is being built beside it.</summary>
    public int? Building { get; init; }

    /// <summary>Camera-hours that the build has written, repeats included.</summary>
    public long? Written { get; init; }

    /// <summary>Camera-hours that it still has to write; more come while it lists.</summary>
    public long? Due { get; init; }

    /// <summary>Whether it knows everything that it has to write.</summary>
    public bool? Listed { get; init; }

    /// <summary>How it differs, when a person has to decide.</summary>
    public string? Differences { get; init; }
}

/// <summary>The database's schema.</summary>
/// <param name="Database">What the database has.</param>
/// <param name="Fleet">What this service was built with.</param>
internal sealed record SchemaView(int Database, int Fleet);

/// <summary>Answer of <c>GET /api/v1/operation/boxes</c>: those that are the furthest behind first.</summary>
internal sealed record BoxLagsPage(IReadOnlyList<BoxLag> Items, string? Cursor = null);

/// <summary>How far the cloud is behind one box.</summary>
/// <param name="Backlog">Events and batches that wait on the box, as it said last.</param>
/// <param name="MissingBatches">Numbers below the newest batch that was applied which were not: still in a queue, or to be sent again by the box.</param>
internal sealed record BoxLag(Guid Box, string Name, string Site, string Shard, bool Online, long Backlog, long MissingBatches)
{
    public Instant? LastSeenAt { get; init; }

    /// <summary>Since when the oldest event waits on the box, as it said last; null when none does, or when it does not say it.</summary>
    public Instant? WaitingSince { get; init; }

    /// <summary>From when on something may be unknown: <see cref="WaitingSince"/>, or since when the box is silent. Null when it is up to date.</summary>
    public Instant? BehindSince { get; init; }

    /// <summary>When something of it was applied last.</summary>
    public Instant? AppliedAt { get; init; }
}
