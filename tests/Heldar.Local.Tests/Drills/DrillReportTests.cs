using System.Text.Json;
using Heldar.Local.Drills;
using Heldar.Local.FleetSim;
using Heldar.Local.Judge;

namespace Heldar.Local.Tests.Drills;

public sealed class DrillReportTests
{
    [Fact]
    public void Json_HasEveryCount_AndNullWhereNoneWasTaken()
    {
        using var json = JsonDocument.Parse(new DrillReport { Drill = "soak", MemorySlopeMbPerH = 0.25 }.ToJson(indented: false));
        string[] counts =
        [
            "runs", "run", "unreadable_segments", "lost_closed_segments", "max_lost_ms", "duplicates", "held_lost", "deleted_by_clock", "overlaps_in_run", "unexplained_gaps",
            "memory_slope_mb_per_h", "reconnect_ms", "resume_ms", "events_sent", "events_lost", "applied_twice", "index_mismatches",
            "deliveries_expected", "deliveries_lost", "delivered_twice", "deliveries_wrong",
        ];
        Assert.All(counts, count => Assert.True(json.RootElement.TryGetProperty(count, out _), count));
        Assert.Equal(JsonValueKind.Null, json.RootElement.GetProperty("held_lost").ValueKind);
        Assert.Equal(0.25, json.RootElement.GetProperty("memory_slope_mb_per_h").GetDouble());
        Assert.True(json.RootElement.GetProperty("ok").GetBoolean());
    }

    [Fact]
    public void With_TakesCountsAndProblems_SoThatItIsNotOk()
    {
        DrillReport report = new DrillReport { Drill = "kill" }.With(new RecordingVerdict(5, 1, 2, 3, 2500, 4, ["a kill lost 2500 ms"]) { HeldLost = 1, UnexplainedGaps = 6 });
        Assert.Equal((1, 2, 2500L, 4L, 1, 6, 3L), (report.UnreadableSegments, report.LostClosedSegments, report.MaxLostMs, report.Duplicates, report.HeldLost, report.UnexplainedGaps, report.FramesLost));
        Assert.False(report.Ok);
    }

    [Fact]
    public void With_AddsWhatTheIndexSays()
    {
        DrillReport report = new DrillReport { Drill = "pipeline" }
            .With(new IndexVerdict { EventsSent = 10, EventsLost = 1, AppliedTwice = 2, IndexMismatches = 3, Problems = ["lost: one"] })
            .With(new IndexVerdict { EventsSent = 5 });
        Assert.Equal((15, 1, 2, 3), (report.EventsSent, report.EventsLost, report.AppliedTwice, report.IndexMismatches));
        Assert.False(report.Ok);
    }

    [Fact]
    public void With_AddsWhatTheReceiverWasTold_AndASecondIdIsASecondApplication()
    {
        DrillReport report = new DrillReport { Drill = "pipeline" }
            .With(new IndexVerdict { EventsSent = 10, AppliedTwice = 1 })
            .With(new HookVerdict { Expected = 7, Lost = 1, Again = 2, Second = 3, Wrong = 4, Problems = ["delivery lost: one"] });
        Assert.Equal((7, 1, 2, 4, 4), (report.DeliveriesExpected, report.DeliveriesLost, report.DeliveredTwice, report.DeliveriesWrong, report.AppliedTwice));
        Assert.False(report.Ok);
        Assert.Null(new DrillReport { Drill = "keys" }.With(new IndexVerdict()).DeliveriesLost);
    }

    [Theory]
    [InlineData(9_999, true)]
    [InlineData(10_000, false)]
    [InlineData(long.MaxValue, false)]
    public void Resume_OverItsBar_IsNotOk(long ms, bool ok)
    {
        DrillReport report = new DrillReport { Drill = "disk-full" }.Resumed(ms, "space came back").Resumed(1, "space came back");

        Assert.Equal((ok, ms), (report.Ok, report.ResumeMs));
    }

    [Theory]
    [InlineData(9_999, true)]
    [InlineData(10_000, false)]
    public void Reconnect_OverItsBar_IsNotOk(long ms, bool ok)
    {
        DrillReport report = new DrillReport { Drill = "camera-flap" }.Reconnected(ms);

        Assert.Equal((ok, ms), (report.Ok, report.ReconnectMs));
    }

    [Fact]
    public void EveryDrill_SaysWhatARunIs() => Assert.All(DrillRun.All, drill => Assert.False(string.IsNullOrWhiteSpace(drill.Run)));

    [Fact]
    public void Skipped_IsNotOk() => Assert.False(new DrillReport { Drill = "power", Skipped = "loop devices need root" }.Ok);
}
