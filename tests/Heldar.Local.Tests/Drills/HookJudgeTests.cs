using System.Text.Json;
using Heldar.Local.Drills;
using Heldar.Local.FleetSim;
using Heldar.Local.Tests.FleetSim;

namespace Heldar.Local.Tests.Drills;

/// <summary>The judge of deliveries against calls that are made from what was sent, whole and harmed.</summary>
public sealed class HookJudgeTests
{
    private readonly SimLedger _ledger = SimScript.Ledger(400, out _);

    [Fact]
    public void WholeDelivery_IsFound_AndATryThatWasRefusedIsNone()
    {
        List<HookAttempt> all = All();
        HookVerdict verdict = Judge([all[0] with { Answer = 500 }, all[1] with { Answer = 0 }, .. all]);

        Assert.Empty(verdict.Problems);
        Assert.True(verdict.Ok);
        Assert.Equal((all.Count, 2, 0), (verdict.Expected, verdict.Refused, verdict.Again));
        Assert.True(all.Count > 50);
    }

    [Fact]
    public void Event_ThatNeverCame_OrOnlyToADeafReceiver_IsLost()
    {
        List<HookAttempt> all = All();
        HookVerdict verdict = Judge([all[0] with { Answer = 500 }, all[1] with { Answer = 0 }, .. all.Skip(3)]);

        Assert.Equal(3, verdict.Lost);
        Assert.Equal(all.Take(3).Select(one => one.Event!.Id), verdict.LostEvents);
        Assert.False(verdict.Ok);
    }

    [Fact]
    public void SameIdAgain_IsToldAlone_ASecondIdIsAFault()
    {
        List<HookAttempt> all = All();

        HookVerdict again = Judge([.. all, all[0], all[0]]);
        Assert.Equal((2, 0, true), (again.Again, again.Second, again.Ok));
        HookVerdict second = Judge([.. all, all[0] with { Id = "msg_other" }]);
        Assert.Equal((0, 1, false), (second.Again, second.Second, second.Ok));

        // Also when the receiver refused one of them: it was fanned out twice all the same.
        Assert.Equal(1, Judge([.. all, all[0] with { Id = "msg_other", Answer = 500 }]).Second);
    }

    [Fact]
    public void Call_ThatTellsAnotherThing_IsWrong()
    {
        List<HookAttempt> all = All();
        HookEvent first = all[0].Event!;
        HookAttempt[] harmed =
        [
            new HookAttempt("msg_x", null, "its signature is wrong", 401),
            With(first with { Data = JsonDocument.Parse("{}").RootElement }),
            With(first with { Source = first.Source.Replace("simulated", "elsewhere", StringComparison.Ordinal) }),
            With(first with { Time = "2026-03-01T12:00:00.001Z" }),
            With(first with { Type = "heldar.detection.v1" }),
            With(first with { Id = Guid.NewGuid().ToString("D") }) with { Id = "msg_y" },
            all[1] with { Id = all[0].Id },
        ];

        Assert.All(harmed, one => Assert.True(Judge([.. all, one]).Wrong == 1, $"{one}"));

        HookAttempt With(HookEvent changed) => all[0] with { Event = changed };
    }

    [Fact]
    public void Event_ThatNobodyWants_OrThatHadToBeRefused_IsWrong()
    {
        SimLedger moved = SimScript.Ledger(400, out IReadOnlyList<string> refused, moved: true);
        SimLine line = moved.Sent.First(l => refused.Contains(l.Event!) && HookTrial.Wanted.Contains(l.Type!));
        SimLine unwanted = _ledger.Sent.First(l => l.Camera is not null && !HookTrial.Wanted.Contains(l.Type!));

        Assert.Equal(1, HookJudge.Judge(moved, [.. All(moved), Of(line)], HookTrial.Wanted).Wrong);
        Assert.Equal(1, Judge([.. All(), Of(unwanted)]).Wrong);
        Assert.True(HookJudge.Judge(moved, All(moved), HookTrial.Wanted).Ok);
    }

    private HookVerdict Judge(IReadOnlyCollection<HookAttempt> attempts) => HookJudge.Judge(_ledger, attempts, HookTrial.Wanted);

    private List<HookAttempt> All(SimLedger? ledger = null) => [.. HookJudge.Expected(ledger ?? _ledger, HookTrial.Wanted).Select(Of)];

    private static HookAttempt Of(SimLine line) => new(
        $"msg_{line.Event}", new HookEvent(line.Event!, HookJudge.SourceOf(line), line.Type!, NodaTime.Text.InstantPattern.ExtendedIso.Format(line.Time!.Value), JsonDocument.Parse(line.Data!).RootElement), null, 204);
}
