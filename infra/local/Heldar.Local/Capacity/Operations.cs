using Heldar.Contracts.Queues;
using Heldar.Contracts.Timers;

namespace Heldar.Local.Capacity;

/// <summary>
/// What the pipeline does for one message, hour, timer or box, counted in its code: each constant names the class that does it. A write is a transaction that changes
/// something; reads (keys and owners that are kept for 30 s, subscriptions for 2 s) are left out, for a commit is what a database is sized by.
/// </summary>
internal static class Operations
{
    /// <summary>Requests besides gets for one message: the put of its sender and the delete of the host (<c>QueueListener</c>, <c>WorkerQueue</c>).</summary>
    public const double RequestsPerMessage = 2;

    /// <summary>One message of a box: events, dead letters and watermark are one transaction (<c>BatchFunction.CommitAsync</c>).</summary>
    public const double WritesPerBoxMessage = 1;

    /// <summary>One message of queue <c>fanout</c>: the events' bodies, then their deliveries (<c>FanOuter</c>: <c>KeepAsync</c>, <c>AddAsync</c>).</summary>
    public const double WritesPerFanOut = 2;

    /// <summary>One message of queue <c>webhooks</c>: claimed, then finished (<c>Deliverer</c>: <c>TakeAsync</c>, <c>FinishAsync</c>).</summary>
    public const double WritesPerDelivery = 2;

    /// <summary>A camera-hour is folded when it is closed, and once more when the last of it was deleted (<c>SpanFold</c>, <c>FoldChanges</c>).</summary>
    public const double FoldsPerCameraHour = 2;

    /// <summary>A manifest is a staged block and a committed list (<c>ManifestStore.PutAsync</c>).</summary>
    public const double BlobWritesPerManifest = 2;

    /// <summary>What is read and deleted of a manifest when its hour is gone (<c>SpanFold</c>, <c>ReplacedManifests</c>).</summary>
    public const double BlobReadsPerManifest = 1;

    /// <summary>Entries of a camera-hour on the list of the coverage ledger: the closed hour's, and one of each fold (<c>CoverageLedger.MarkAsync</c>, <c>SpanFold.TellAsync</c>).</summary>
    public const double CoverageEntriesPerCameraHour = 1 + FoldsPerCameraHour;

    /// <summary>Of which one transaction takes so many (<c>CoverageLedger.TakenAtOnce</c>).</summary>
    public const double CoverageEntriesPerWrite = 200;

    /// <summary>A heartbeat writes the box's row (<c>BoxDirectory.BeatAsync</c>), every <see cref="HeartbeatSeconds"/>.</summary>
    public const double WritesPerHeartbeat = 1;

    /// <summary><c>UplinkOptions.Heartbeat</c> of the box.</summary>
    public const double HeartbeatSeconds = 10;

    /// <summary>An open tunnel's row is touched so often, s (<c>TunnelDirectory.Touch</c>).</summary>
    public const double TunnelSeconds = 15;

    /// <summary>A box renews its access at half of its 60 minutes, and its staging container is looked after then (<c>BoxGrants</c>).</summary>
    public const double GrantSeconds = 1800;

    /// <summary>A run of a timer takes its lease and gives it back (<c>TimerGate</c>); one that is not due only looks, with a lock.</summary>
    public const double WritesPerTimerRun = 2;

    /// <summary>What timers write each minute though nothing is to be done: what the fold left, and the coverage ledger's clock (<c>FoldList.NoteAsync</c>, <c>CoverageLedger.MarkAsync</c>).</summary>
    public const double WritesPerIdleMinute = 2;

    /// <summary>The coverage ledger's and the fold's lists of a minute in which something was told of are taken in one transaction each (<c>CoverageLedger.CountAsync</c>, <c>FoldChanges.PutAsync</c>).</summary>
    public const double WritesPerBusyMinute = 2;

    /// <summary>Requests of the host for the locks and states of the timers, each minute: a lock is renewed every 20 s and before each run, and a monitored timer's state is written after each (<c>TimerListener</c>, <c>TimerBlobs</c>).</summary>
    public const double TimerBlobRequestsPerMinute = (3 * 3) + (2 * 4) + (3 * 2);

    /// <summary>The box's sweep, s (room Retention of the box): one deletion per camera.</summary>
    public const double SweepSeconds = 60;

    /// <summary>Queues that the host asks for messages; <c>archive</c> and <c>retention</c> have no function.</summary>
    public const int PolledQueues = 9;

    /// <summary>Requests per second of one shard's <c>DrainPoison</c>: one for each queue.</summary>
    public static double DrainRequestsPerSecond { get; } = QueueNames.All.Count / TimerTable.DrainPoison.Interval.TotalSeconds;

    /// <summary>Executions of timers per second of one shard.</summary>
    public static double TimerRunsPerSecond { get; } = TimerTable.All.Sum(t => 1 / t.Interval.TotalSeconds);

    /// <summary>Of these, runs that do something, for the first shard alone: other shards' look and find them done, but for <c>DrainPoison</c>.</summary>
    public static double TimerWritesPerSecond(int shards) =>
        (TimerRunsPerSecond * WritesPerTimerRun) + ((shards - 1) * ((TimerRunsPerSecond * 1) + (1 / TimerTable.DrainPoison.Interval.TotalSeconds))) + (WritesPerIdleMinute / 60);
}
