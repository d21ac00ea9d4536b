using Heldar.Contracts.Timers;
using Heldar.Fleet.Operation;
using NodaTime;

namespace Heldar.Fleet.Tests.Operation;

public sealed class HealthRulesTests
{
    private static readonly Instant Now = Instant.FromUtc(2026, 11, 21, 5, 0, 30);
    private static readonly TimerEntry Minutely = new("Fold", Duration.FromMinutes(1));

    [Theory]
    [InlineData(5, 0, 10, 1, 0)]
    [InlineData(4, 59, 59, 0, 0)]
    [InlineData(4, 59, 0, 0, 0)]
    [InlineData(4, 57, 0, -2, 2)]
    [InlineData(2, 0, 0, -179, 179)]
    [InlineData(9, 0, 0, 1, 0)]
    public void Timer_MissesTheSlotsBetweenItsLastRunAndNow(int hour, int minute, int second, int nextInMinutes, long missed)
    {
        var timer = HealthRules.Timer(Minutely, Instant.FromUtc(2026, 11, 21, hour, minute, second), null, Now);

        Assert.Equal((Instant.FromUtc(2026, 11, 21, 5, 0) + Duration.FromMinutes(nextInMinutes), missed, 60), (timer.NextRun, timer.Missed, timer.EverySeconds));
    }

    [Fact]
    public void Timer_ThatNeverRan_IsDueNow_AndMissedNothing()
    {
        var timer = HealthRules.Timer(Minutely, null, null, Now);

        Assert.Equal((Instant.FromUtc(2026, 11, 21, 5, 0), 0L, null), (timer.NextRun, timer.Missed, timer.LastRun));
    }

    [Fact]
    public void HealthyView_HasNoCause() => Assert.Empty(HealthRules.Causes(View(p => p)));

    [Fact]
    public void OtherTenants_AreToldOfTheirOwnAlone() =>
        Assert.Equal(["boxes_silent"], Codes(View(p => p with { StorageFault = "away" }) with { Pipeline = null, Boxes = new(3, 1, 0) }));

    [Fact]
    public void EveryFault_IsACause_TheWorstFirst()
    {
        QueueView lagging = new("segments") { Messages = 7, Poison = 0, WaitingSince = Now - Duration.FromMinutes(6), Attempts = 2 };
        QueueView fresh = new("states") { Messages = 7, Poison = 0, WaitingSince = Now - Duration.FromMinutes(4) };
        QueueView poisoned = new("holds") { Messages = 0, Poison = 1 };
        QueueView unseen = new("detections") { Fault = "gone" };
        var view = View(p => p with
        {
            Shards = [new("0", true, 1, [lagging, fresh, poisoned, unseen]) { Breaker = new(2, Now - Duration.FromMinutes(1), "no answer") }, new("old", false, 0, [fresh])],
            Timers = [HealthRules.Timer(Minutely, null, null, Now), HealthRules.Timer(Minutely, Now - Duration.FromHours(1), null, Now), HealthRules.Timer(Minutely, Now - Duration.FromHours(1), Now, Now)],
            Index = new(1) { Building = 2, Differences = "one hour differs" },
            Schema = new(8, 9),
            Fold = new(Now, 5, 2, 1) { BehindSince = Now - Duration.FromMinutes(31) },
        });
        view = view with { Boxes = new(3, 1, 2), Letters = new(10_000, 0, true, []), Conflicts = 1, DisabledWebhooks = ["a", "b"] };

        var causes = HealthRules.Causes(view);

        Assert.Equal(
            ["queue_unseen", "queue_lag", "poison", "breaker_open", "timer_never", "timer_late", "fold_behind", "fold_failing", "conflicts", "shard_leaving", "index_differs", "schema", "webhook_disabled", "dead_letters", "boxes_behind", "boxes_silent"],
            causes.Select(c => c.Code));
        Assert.Equal([.. Enumerable.Repeat("bad", 9), .. Enumerable.Repeat("warn", 7)], causes.Select(c => c.Severity));
        Assert.Equal("segments-0: 7 messages, the first waits since 2026-11-21 04:54 UTC and failed 2 times", causes[1].Text);
        Assert.Equal("shard 0: 2 instances of its functions put messages back since 2026-11-21 04:59 UTC, too many fail: no answer", causes[3].Text);
        Assert.StartsWith("1 segment came again within 7 days", causes[8].Text, StringComparison.Ordinal);
        Assert.Equal("2 webhook endpoints were disabled after failing for too long: a, b", causes[12].Text);
        Assert.Equal("more than 10000 dead letters are open", causes[13].Text);
        Assert.Equal("1 box is offline: what happened there since is not known yet", causes[15].Text);
    }

    private static IEnumerable<string> Codes(OperationView view) => HealthRules.Causes(view).Select(c => c.Code);

    [Theory]
    [InlineData(0, 0, null)]
    [InlineData(0, 29, null)]
    [InlineData(0, 31, "7 camera-hours wait for the fold, which has not caught up since 2026-11-21 04:29 UTC")]
    // A run that never ends holds its timer's lease: the timer alone would say nothing.
    [InlineData(31, 0, "no run of the fold has ended since 2026-11-21 04:29 UTC: footage stays searchable, and the index grows slow")]
    public void Fold_IsBehind_WhenItDoesNotCatchUpOrEndsNoRun(int endedMinutesAgo, int behindMinutes, string? text)
    {
        var fold = new FoldView(Now - Duration.FromMinutes(endedMinutesAgo), 5, 2, 0) { BehindSince = behindMinutes == 0 ? null : Now - Duration.FromMinutes(behindMinutes) };
        var running = HealthRules.Timer(Minutely, Now - Duration.FromHours(1), Now, Now);

        Assert.Equal(text, HealthRules.Causes(View(p => p with { Fold = fold, Timers = [running] })).SingleOrDefault(c => c.Code == "fold_behind")?.Text);
    }

    private static OperationView View(Func<PipelineView, PipelineView> change) => new(Now, true, [], new(3, 0, 0), new(0, 2, false, []))
    {
        Pipeline = change(new(Now, [new("0", true, 3, [new("segments") { Messages = 1, Poison = 0, WaitingSince = Now }])], 0, [HealthRules.Timer(Minutely, Now, null, Now)], new(1), new(9, 9))),
    };
}
