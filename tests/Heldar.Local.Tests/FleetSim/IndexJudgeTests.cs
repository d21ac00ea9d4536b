using Heldar.Contracts.Events;
using Heldar.Local.FleetSim;
using NodaTime;

namespace Heldar.Local.Tests.FleetSim;

/// <summary>The judge against an index that is made from what was sent, whole and harmed.</summary>
public sealed class IndexJudgeTests
{
    private readonly SimLedger _ledger = SimScript.Ledger(1200, out _);

    [Fact]
    public void WholeIndex_IsFound()
    {
        IndexVerdict verdict = IndexJudge.Judge(_ledger, Index());

        Assert.Empty(verdict.Problems);
        Assert.True(verdict.Ok);
        Assert.Equal(_ledger.Sent.Count, verdict.EventsSent);
    }

    [Theory]
    [InlineData("segment/")]
    [InlineData("gap/")]
    [InlineData("detection/")]
    [InlineData("zone/")]
    [InlineData("snapshot/")]
    [InlineData("hold/")]
    [InlineData("hold-end/")]
    [InlineData("tombstone/")]
    [InlineData("state/")]
    [InlineData("status/")]
    [InlineData("described/")]
    public void EveryKind_IsMissed_Doubled_AndCompared(string kind)
    {
        List<IndexFact> facts = Facts();
        IndexFact victim = facts.Last(f => f.Key.StartsWith(kind, StringComparison.Ordinal));
        int events = _ledger.Sent.Count(l => IndexFact.Expected(l).Key == victim.Key);

        Assert.Equal(events, IndexJudge.Judge(_ledger, Index([.. facts.Where(f => f != victim)])).EventsLost);
        Assert.Equal(1, IndexJudge.Judge(_ledger, Index([.. facts, victim])).AppliedTwice);
        Assert.Equal(1, IndexJudge.Judge(_ledger, Index([.. facts.Where(f => f != victim), victim with { Print = "other" }])).IndexMismatches);
    }

    [Fact]
    public void OlderRevision_IsALoss()
    {
        IndexFact newest = Revised(deleted: false);
        IndexFact older = newest with { Version = newest.Version - 1, Print = Print(newest.Key, newest.Version - 1) };

        Assert.Equal(1, IndexJudge.Judge(_ledger, Index([.. Facts().Where(f => f != newest), older])).EventsLost);
    }

    [Fact]
    public void OlderRevisionOfWhatWasDeleted_MayLieInLandingAlone()
    {
        IndexFact newest = Revised(deleted: true);
        IndexFact older = newest with { Version = newest.Version - 1, Print = Print(newest.Key, newest.Version - 1) };
        List<IndexFact> others = [.. Facts().Where(f => f != newest)];

        Assert.True(IndexJudge.Judge(_ledger, Index(others)).Ok);
        Assert.True(IndexJudge.Judge(_ledger, Index([.. others, older])).Ok);
        Assert.Equal(1, IndexJudge.Judge(_ledger, Index([.. others, older with { Print = "other" }])).IndexMismatches);
        Assert.Equal(1, IndexJudge.Judge(_ledger, Index([.. others, older with { Place = IndexFact.Folded }])).EventsLost);
    }

    [Fact]
    public void Stranger_IsAMismatch() => Assert.Equal(1, IndexJudge.Judge(_ledger, Index([.. Facts(), new IndexFact($"gap/{Guid.NewGuid()}/{Guid.NewGuid()}", 1, "")])).IndexMismatches);

    [Fact]
    public void UnmarkedBatch_IsLost() => Assert.Equal(1, IndexJudge.Judge(_ledger, Index(received: _ledger.Batches.Skip(1))).BatchesLost);

    [Fact]
    public void Coverage_MayLag_AndNeverCountsMoreThanThereIs()
    {
        var segments = Facts().Where(f => f.Key.StartsWith("segment/", StringComparison.Ordinal)).ToList();
        Guid camera = Guid.Parse(segments[0].Key.Split('/')[1]);
        var hour = segments.Where(f => f.Key.Contains($"{camera}", StringComparison.Ordinal)).Select(f => (From: HourSum.Field(f, 1), To: HourSum.Field(f, 2)))
            .GroupBy(s => s.From / 3_600_000 * 3_600_000).First(h => h.All(s => s.To <= h.Key + 3_600_000));
        long there = hour.Sum(s => s.To - s.From) + (segments.Where(f => f.Key.Contains($"{camera}", StringComparison.Ordinal)).Max(f => Math.Max(0, HourSum.Field(f, 1) < hour.Key ? HourSum.Field(f, 2) - hour.Key : 0)));

        Assert.True(IndexJudge.Judge(_ledger, Index(sums: Present(there))).Ok);
        Assert.True(IndexJudge.Judge(_ledger, Index(sums: Present(there / 2))).Ok);
        Assert.Equal(1, IndexJudge.Judge(_ledger, Index(sums: Present(there + 1))).AppliedTwice);

        IndexSums Present(long ms) => IndexSums.None with { Present = [new HourPresent(camera, hour.Key, ms)] };
    }

    [Theory]
    [InlineData(2, 100, 0, 0)]
    [InlineData(3, 100, 1, 0)]
    [InlineData(2, 200, 1, 0)]
    [InlineData(1, 100, 0, 1)]
    [InlineData(1, 200, 1, 1)]
    public void HourHeader_SaysWhatItsManifestHas(long segments, long bytes, int twice, int mismatches)
    {
        var hour = new HourSum(Guid.NewGuid(), 0, segments, bytes) { ManifestSegments = 2, ManifestBytes = 100 };
        IndexVerdict verdict = IndexJudge.Judge(_ledger, Index(sums: IndexSums.None with { Hours = [hour] }));

        Assert.Equal((twice, mismatches), (verdict.AppliedTwice, verdict.IndexMismatches));
    }

    [Fact]
    public void Conflict_IsAMismatch() => Assert.Equal(1, IndexJudge.Judge(_ledger, Index(sums: IndexSums.None with { Conflicts = ["a/b revision 1"] })).IndexMismatches);

    [Fact]
    public void GoodEvent_ThatWasRefused_IsAMismatch() =>
        Assert.Equal(1, IndexJudge.Judge(_ledger, Index(letters: [(_ledger.Sent[0].Event!, "bad_data")])).IndexMismatches);

    [Fact]
    public void EventsOfAMovedCamera_MustBeRefusedOnce()
    {
        SimLedger ledger = SimScript.Ledger(300, out var refused, moved: true);
        var letters = refused.Select(e => (e, "foreign_source")).ToList();
        List<IndexFact> facts = Facts(ledger);

        Assert.True(IndexJudge.Judge(ledger, Index(facts, ledger: ledger, letters: letters)).Ok);
        Assert.Equal(refused.Count, IndexJudge.Judge(ledger, Index(facts, ledger: ledger, letters: letters)).Refused);
        Assert.Equal(1, IndexJudge.Judge(ledger, Index(facts, ledger: ledger, letters: letters[1..])).EventsLost);
        Assert.Equal(1, IndexJudge.Judge(ledger, Index(facts, ledger: ledger, letters: [.. letters, letters[0]])).AppliedTwice);
    }

    [Fact]
    public void CamerasOfAReplacedBox_AreWhatTheLastOneSays()
    {
        SimLedger ledger = SimScript.Replaced(400);
        Dictionary<string, IndexFact> old = Facts(ledger, SimScript.Box).ToDictionary(f => f.Key), next = Facts(ledger, SimScript.Next).ToDictionary(f => f.Key);
        List<IndexFact> facts = [.. next.Values, .. old.Values.Where(f => !next.ContainsKey(f.Key))];
        Assert.Empty(IndexJudge.Judge(ledger, Index(facts, ledger)).Problems);

        foreach (var kind in (string[])["state/", "progress/", "camera/"])
        {
            IndexFact late = next.Values.First(f => f.Key.StartsWith(kind, StringComparison.Ordinal) && old.ContainsKey(f.Key));
            Assert.Equal(1, IndexJudge.Judge(ledger, Index([.. facts.Where(f => f != late), old[late.Key]], ledger)).IndexMismatches);
        }
    }

    [Theory]
    [InlineData(0.5, 2)]
    [InlineData(0.95, 4)]
    public void Percentile_IsByNearestRank(double share, double expected) => Assert.Equal(expected, FleetSimRun.Percentile([1, 2, 3, 4], share));

    /// <summary>A segment with revisions that a deletion covers, or that none does.</summary>
    private IndexFact Revised(bool deleted)
    {
        var ranges = Facts().Where(f => f.Key.StartsWith("tombstone/", StringComparison.Ordinal)).Select(f => (Camera: f.Key.Split('/')[1], Range: f.Print.Split('|'))).ToList();
        return Facts().First(f => f.Key.StartsWith("segment/", StringComparison.Ordinal) && f.Version > 1 && deleted == ranges.Exists(r =>
            r.Camera == f.Key.Split('/')[1] && long.Parse(f.Print.Split('|')[1], null) is var start && long.Parse(r.Range[0], null) <= start && start < long.Parse(r.Range[1], null)));
    }

    private string Print(string key, long version) => _ledger.Sent.Select(IndexFact.Expected).First(f => f.Key == key && f.Version == version).Print;

    private List<IndexFact> Facts(SimLedger? ledger = null, Guid? box = null)
    {
        var sent = (ledger ?? _ledger).Sent.Where(l => l.Outcome != SimOutcome.Refused && (box is null || l.Box == box)).ToList();
        var newest = sent.Where(l => l.Type is EventTypes.BoxStatus or EventTypes.BoxDescribed).GroupBy(l => (l.Box, l.Type)).Select(g => g.MaxBy(l => IndexFact.Expected(l).Version)!);
        return [.. sent.Select(IndexFact.Expected).GroupBy(f => f.Key).Select(g => g.MaxBy(f => f.Version)!), .. newest.SelectMany(IndexFact.ExpectedOfCameras)];
    }

    private IndexFacts Index(List<IndexFact>? facts = null, SimLedger? ledger = null, IEnumerable<SentBatch>? received = null, IReadOnlyList<(string Event, string Reason)>? letters = null, IndexSums? sums = null) => new()
    {
        ByKey = (facts ?? Facts(ledger)).ToLookup(f => f.Key, StringComparer.Ordinal),
        Received = (received ?? (ledger ?? _ledger).Batches).ToLookup(b => (b.Box, (short)b.Class, b.Epoch), b => (b.Seq, b.Seq)),
        Letters = (letters ?? []).ToLookup(l => l.Event, l => l.Reason, StringComparer.Ordinal),
        AppliedAt = new Dictionary<string, DateTime>(),
        Damage = [],
        Sums = sums ?? IndexSums.None,
    };
}

/// <summary>Logs of simulated boxes without a fleet.</summary>
internal static class SimScript
{
    public static readonly Instant Start = Instant.FromUtc(2026, 3, 1, 12, 0);
    public static readonly Guid Box = new("01950000-0000-7000-8000-000000000001");
    public static readonly Guid Next = new("01950000-0000-7000-8000-000000000002");

    /// <summary>What one box told, a batch per event.</summary>
    /// <param name="count">Events beside description and status.</param>
    /// <param name="refused">Ids of events that had to be refused.</param>
    /// <param name="moved">One of its cameras is another box's.</param>
    public static SimLedger Ledger(int count, out IReadOnlyList<string> refused, bool moved = false)
    {
        List<SimEvent> events = Events(count, moved);
        refused = [.. events.Where(e => e.Outcome == SimOutcome.Refused).Select(e => e.Id)];
        return SimLedger.Of(Lines(events, Box, Start));
    }

    /// <summary>What a box told until it died, and the one in its place.</summary>
    /// <param name="count">Events of each beside description and status.</param>
    public static SimLedger Replaced(int count)
    {
        EventMaker maker = Maker();
        List<SimLine> old = Lines(Events(maker, count), Box, Start);
        maker.Replace();
        return SimLedger.Of([.. old, .. Lines(Events(maker, count), Next, Start + Duration.FromMinutes(2))]);
    }

    /// <summary>The same, as the box makes it.</summary>
    public static List<SimEvent> Events(int count, bool moved = false)
    {
        EventMaker maker = Maker();
        if (moved) maker.Take(maker.Give());
        return Events(maker, count);
    }

    private static EventMaker Maker() => new(11, 0, Start, new FleetSimOptions(1, "/nowhere") { Seconds = 100 });

    private static List<SimEvent> Events(EventMaker maker, int count)
    {
        List<SimEvent> events = [maker.Describe(Start), .. Enumerable.Range(0, count).Select(i => maker.Next(Start + Duration.FromMilliseconds(i * 10), 0))];
        events.Add(maker.Status(Start + Duration.FromMinutes(1), 0));
        return events;
    }

    private static List<SimLine> Lines(IReadOnlyList<SimEvent> events, Guid box, Instant at)
    {
        List<SimLine> lines = [];
        foreach (var (one, index) in events.Select((e, i) => (e, i)))
        {
            EventType type = EventTypes.Get(one.Type);
            var line = new SimLine
            {
                Kind = "event",
                At = at,
                Box = box,
                Event = one.Id,
                Type = one.Type,
                Camera = one.Camera,
                Time = one.Time,
                Hash = one.Hash,
                Data = one.Data,
                Outcome = one.Outcome,
                Class = type.Class,
                Epoch = new string('e', 32),
                Batch = index + 1,
                Queue = type.Queue,
            };
            lines.AddRange([line, line with { Kind = "accepted", Put = 1 }]);
        }

        return lines;
    }
}
