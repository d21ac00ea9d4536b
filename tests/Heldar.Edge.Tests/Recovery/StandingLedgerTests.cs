using Heldar.Contracts.Events;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using NodaTime;

namespace Heldar.Edge.Tests.Recovery;

public sealed class StandingLedgerTests
{
    private static readonly Guid Gate = Guid.Parse("0190c0de-0000-7000-8000-000000000002");
    private static readonly Instant Noon = Instant.FromUtc(2026, 11, 21, 12, 0);
    private readonly Dictionary<string, Guid> _learnt = [];
    private readonly StandingLedger _ledger = new();

    [Fact]
    public void NewestOfAllLogsStands_AndWhatWasSealedSinceComesOnTop()
    {
        var gap = Gap(Noon);
        // The first disk was told last, and failed; the second one has what came later.
        Assert.True(Take(
            Log(Standing(0, "10", new WantedSeal(Gate, Noon - Duration.FromDays(1)))),
            Log(Standing(5, "12", new WantedSeal(Gate, Noon))),
            Log(Line(1, "12", new SealRecord { Type = SealType.Wanted, Wanted = new(Gate, Noon - Duration.FromDays(1)) }), Line(6, "12", new SealRecord { Type = SealType.Gap, Missing = gap }))));

        Assert.Equal((Noon, gap), (_ledger.Find(Gate)!.Since, _ledger.Find(Gate)!.Gap));
        Assert.Equal([Gate], _ledger.Unfinished);
        Assert.Equal(Gate, _learnt["gate"]);
    }

    [Fact]
    public void WishAndGapThatEndedSince_DoNotStand()
    {
        var gap = Gap(Noon);
        Assert.True(Take(Log(
            Standing(0, "12", new WantedSeal(Gate, Noon), gap),
            Line(1, "12", new SealRecord { Type = SealType.Gap, Missing = gap with { Revision = 2, End = Noon + Duration.FromMinutes(1) } }),
            Line(2, "12", new SealRecord { Type = SealType.Wanted, Wanted = new(Gate, Noon, Noon + Duration.FromMinutes(2)) }),
            // The same again, since a disk refused it at first.
            Line(3, "12", new SealRecord { Type = SealType.Gap, Missing = gap }),
            Line(4, "12", new SealRecord { Type = SealType.Wanted, Wanted = new(Gate, Noon) }))));

        Assert.Equal((null, null), (_ledger.Find(Gate)!.Since, _ledger.Find(Gate)!.Gap));
        Assert.Equal(Noon + Duration.FromMinutes(2), _ledger.Find(Gate)!.Ended!.To);
        Assert.Empty(_ledger.Unfinished);
    }

    [Fact]
    public void InOneLog_TheLastLineStands_AlsoWhenTheClockWasSetBack()
    {
        Assert.True(Take(Log(Standing(60, "12", new WantedSeal(Gate, Noon)), Standing(0, "12", new WantedSeal(Gate, Noon, Noon + Duration.FromMinutes(60))))));

        Assert.Null(_ledger.Find(Gate)!.Since);
    }

    [Fact]
    public void LineOfAnOlderFile_IsNotTrusted_SinceTheNewerOnesDoNotGoOnFromIt() =>
        Assert.False(_ledger.TryTake([(["2026/11/21/10", "2026/11/21/11", "2026/11/21/12"], [Standing(0, "2026/11/21/10", new WantedSeal(Gate, Noon))])], (_, _) => { }));

    private bool Take(params IReadOnlyList<IReadOnlyList<SealEntry>> logs) => _ledger.TryTake([.. logs.Select(l => ((IReadOnlyList<string>)["09", "10", "11", "12"], l))], (slug, uid) => _learnt[slug] = uid);

    private static IReadOnlyList<SealEntry> Log(params IReadOnlyList<SealEntry> lines) => lines;

    private static SealEntry Line(int minute, string file, SealRecord record) => new(file, record with { Seq = 1, Prev = new string('0', 64), At = Noon + Duration.FromMinutes(minute) });

    private static SealEntry Standing(int minute, string file, WantedSeal wish, GapData? gap = null) =>
        Line(minute, file, new SealRecord { Type = SealType.Noted, Standing = new StandingSeal([new StandingCamera(Gate, "gate", wish, gap)]) });

    private static GapData Gap(Instant start) => new() { Gap = Guid.CreateVersion7(start.ToDateTimeOffset()), Camera = Gate, Revision = 1, Start = start, Cause = GapCause.Network };
}
