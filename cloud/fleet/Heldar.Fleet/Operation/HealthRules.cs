using System.Globalization;
using Heldar.Contracts.Timers;
using NodaTime;

namespace Heldar.Fleet.Operation;

/// <summary>What counts as a fault, and its words. Pure.</summary>
internal static class HealthRules
{
    /// <summary>Events that wait for longer than this are behind: boxes send within seconds and functions look into empty queues each second.</summary>
    public static readonly Duration LagLimit = Duration.FromMinutes(5);

    /// <summary>A timer that missed as many slots is late.</summary>
    public const int MissedLimit = 3;

    /// <summary>The fold has ended no run, or has ended every run with work left, for longer than this. After the end of an hour it has every camera's to do.</summary>
    public static readonly Duration FoldLimit = Duration.FromMinutes(30);

    /// <summary>A conflict is a cause for as many days: both forms are kept, and somebody has to find out who wrote the second.</summary>
    public const int ConflictDays = 7;

    private const int MostNamed = 3;

    /// <summary>Every cause, the worst first.</summary>
    public static IReadOnlyList<OperationCause> Causes(OperationView view)
    {
        List<OperationCause> causes = [];
        if (view.Pipeline is { } pipeline) AddPipeline(causes, pipeline, view.At);
        if (view.Conflicts > 0) causes.Add(new("conflicts", "bad", $"{Count(view.Conflicts, "segment", "segments")} came again within {ConflictDays} days under the same revision with another hash; the first form counts, both are kept"));
        if (view.DisabledWebhooks.Count > 0) Warn("webhook_disabled", $"{Count(view.DisabledWebhooks.Count, "webhook endpoint was", "webhook endpoints were")} disabled after failing for too long: {Names(view.DisabledWebhooks)}");
        if (view.Letters.Open > 0) Warn("dead_letters", $"{(view.Letters.AtLeast ? "more than " : "")}{Count(view.Letters.Open, "dead letter is open", "dead letters are open")}");
        if (view.Boxes.Behind > 0) Warn("boxes_behind", $"{Count(view.Boxes.Behind, "box has", "boxes have")} events that have waited for more than {LagLimit.TotalMinutes:0} minutes");
        if (view.Boxes.Silent > 0) Warn("boxes_silent", $"{Count(view.Boxes.Silent, "box is", "boxes are")} offline: what happened there since is not known yet");
        return [.. causes.OrderBy(c => c.Severity == "bad" ? 0 : 1)];

        void Warn(string code, string text) => causes.Add(new(code, "warn", text));
    }

    /// <summary>A timer as people see it.</summary>
    public static TimerView Timer(TimerEntry timer, Instant? lastRun, Instant? leaseUntil, Instant now)
    {
        var current = timer.SlotOf(now);
        // One that never ran missed nothing that could be counted: it waits for the present slot.
        var next = lastRun is { } last ? Math.Min(timer.SlotOf(last), current) + 1 : current;
        return new(timer.Name, (int)timer.Interval.TotalSeconds, timer.StartOf(next), Math.Max(0, current - next), leaseUntil is not null) { LastRun = lastRun, LeaseUntil = leaseUntil };
    }

    private static void AddPipeline(List<OperationCause> causes, PipelineView pipeline, Instant now)
    {
        if (pipeline.StorageFault is { } fault) Bad("storage", fault + "; boxes keep their events until it answers");
        var queues = pipeline.Shards.SelectMany(s => s.Queues.Select(q => (Name: $"{q.Queue}-{s.Shard}", Queue: q))).ToList();
        var unseen = queues.Where(q => q.Queue.Fault is not null).ToList();
        if (unseen.Count > 0) Bad("queue_unseen", $"{Names(unseen.Select(q => q.Name))}: {unseen[0].Queue.Fault}");
        foreach (var (name, queue) in queues.Where(q => q.Queue.WaitingSince < now - LagLimit).OrderBy(q => q.Queue.WaitingSince).Take(MostNamed))
            Bad("queue_lag", $"{name}: {Count(queue.Messages ?? 0, "message", "messages")}, the first waits since {Time(queue.WaitingSince!.Value)}{(queue.Attempts is > 0 and var tries ? $" and failed {Count(tries, "time", "times")}" : "")}");
        var poisoned = queues.Where(q => q.Queue.Poison > 0).ToList();
        if (poisoned.Count > 0) Bad("poison", $"{Names(poisoned.Select(q => q.Name + "-poison"))}: messages whose handler crashed and that nobody files");
        foreach (var shard in pipeline.Shards.Where(s => s.Breaker is not null))
            Bad("breaker_open", $"shard {shard.Shard}: {Count(shard.Breaker!.Instances, "instance of its functions puts", "instances of its functions put")} messages back since {Time(shard.Breaker.Since)}, too many fail: {shard.Breaker.Cause}");
        foreach (var timer in pipeline.Timers)
        {
            if (timer.LastRun is null) Bad("timer_never", $"timer {timer.Timer} has never run: are the functions running?");
            else if (timer is { Missed: >= MissedLimit, Running: false }) Bad("timer_late", $"timer {timer.Timer} last ran at {Time(timer.LastRun.Value)}");
        }

        AddFold(causes, pipeline.Fold, now);
        foreach (var shard in pipeline.Shards.Where(s => !s.Served && s.Queues.Any(q => q.Messages > 0)))
            causes.Add(new("shard_leaving", "warn", $"shard {shard.Shard} is no longer served by this service and its queues are not empty: keep its functions running"));
        if (pipeline.Index.Differences is not null) causes.Add(new("index_differs", "warn", $"version {pipeline.Index.Building} of the index differs from the current one and waits for a decision"));
        if (pipeline.Schema.Database != pipeline.Schema.Fleet) causes.Add(new("schema", "warn", $"the database has schema {pipeline.Schema.Database}, this service was built with {pipeline.Schema.Fleet}"));

        void Bad(string code, string text) => causes.Add(new(code, "bad", text));
    }

    // The timer's own cause is silent while it runs: a run that never ends is told here.
    private static void AddFold(List<OperationCause> causes, FoldView? fold, Instant now)
    {
        if (fold is null) return;
        if (fold.At < now - FoldLimit) Bad("fold_behind", $"no run of the fold has ended since {Time(fold.At)}: footage stays searchable, and the index grows slow");
        else if (fold.BehindSince < now - FoldLimit) Bad("fold_behind", $"{Count(fold.Waiting + fold.Changed, "camera-hour waits", "camera-hours wait")} for the fold, which has not caught up since {Time(fold.BehindSince!.Value)}");
        if (fold.Failing > 0) Bad("fold_failing", $"{Count(fold.Failing, "camera-hour", "camera-hours")} cannot be folded: their footage stays searchable, their deletions hidden");

        void Bad(string code, string text) => causes.Add(new(code, "bad", text));
    }

    private static string Names(IEnumerable<string> names)
    {
        var all = names.ToList();
        return string.Join(", ", all.Take(MostNamed)) + (all.Count > MostNamed ? $" and {all.Count - MostNamed} more" : "");
    }

    private static string Count(long count, string one, string many) => string.Create(CultureInfo.InvariantCulture, $"{count} {(count == 1 ? one : many)}");

    private static string Time(Instant at) => at.ToString("uuuu-MM-dd HH:mm 'UTC'", CultureInfo.InvariantCulture);
}
