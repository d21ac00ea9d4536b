using Heldar.Local.Drills;
using Heldar.Local.Judge;

namespace Heldar.Local.Tests.Drills;

public sealed class FlapDrillTests
{
    private static readonly FlapDrill.Outage[] Twice = [new(10_000, 20_000, "stalled"), new(60_000, 70_000, "camera_unreachable")];
    private static readonly ClaimedGap[] Right = [new("gate", 10_100, 21_000, "stalled"), new("gate", 60_050, 71_000, "camera_unreachable")];

    [Fact]
    public void OneGapForEachAbsence_IsWell_AndTheSlowestReturnIsTold()
    {
        DrillReport report = Judge(Right, 21_000, 72_500);

        Assert.Empty(report.Problems);
        Assert.Equal((2500L, 0), (report.ReconnectMs, report.UnexplainedGaps));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    public void AbsenceWithoutAGap_IsNotWell(int missing) => Assert.False(Judge([Right[missing]], 21_000, 71_000).Ok);

    [Fact]
    public void AbsenceInTwoGaps_IsNotWell() =>
        Assert.Contains("is 2 gaps", Assert.Single(Judge([new("gate", 10_100, 15_000, "stalled"), new("gate", 16_000, 21_000, "stalled"), Right[1]], 21_000, 71_000).Problems), StringComparison.Ordinal);

    [Fact]
    public void AbsenceWithAnotherCause_IsNotWell() => Assert.False(Judge([Right[0] with { Cause = "network" }, Right[1]], 21_000, 71_000).Ok);

    [Fact]
    public void GapWhileNobodyUnplugged_IsCounted()
    {
        DrillReport report = Judge([.. Right, new("gate", 40_000, 41_000, "network")], 21_000, 71_000);

        Assert.Equal((false, 1), (report.Ok, report.UnexplainedGaps));
    }

    [Theory]
    [InlineData(29_999, true)]
    [InlineData(30_000, false)]
    public void ReturnThatTakesTenSeconds_IsNotWell(long first, bool ok) => Assert.Equal(ok, Judge(Right, first, 71_000).Ok);

    [Fact]
    public void CameraThatNeverCameBack_IsNotWell() => Assert.False(Judge(Right, 21_000).Ok);

    private static DrillReport Judge(ClaimedGap[] gaps, params long[] frames) => FlapDrill.Absences(new DrillReport { Drill = "camera-flap" }, "gate", gaps, frames, Twice);
}
