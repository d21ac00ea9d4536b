using Heldar.Contracts.Events;

namespace Heldar.Local.FleetSim;

/// <summary>What the judge found.</summary>
internal sealed record IndexVerdict
{
    /// <summary>Events whose batch a queue accepted.</summary>
    public int EventsSent { get; init; }

    /// <summary>Of these, events that are not in the index, where neither they nor a newer one of their subject is. Bar: 0.</summary>
    public int EventsLost { get; init; }

    /// <summary>Things that the index, or the dead letters, have more than once, and hours that count more than there is. Bar: 0.</summary>
    public int AppliedTwice { get; init; }

    /// <summary>Things that the index has otherwise than they were told, that nobody told, or that were refused without cause. Bar: 0.</summary>
    public int IndexMismatches { get; init; }

    /// <summary>Accepted batches that the cloud does not count as received. Bar: 0.</summary>
    public int BatchesLost { get; init; }

    /// <summary>Events that had to be refused, and were.</summary>
    public int Refused { get; init; }

    /// <summary>From put to commit, for what the index notes a time of (holds and deletions), ms, sorted.</summary>
    public IReadOnlyList<double> AppliedMs { get; init; } = [];

    /// <summary>The first findings of each kind, in words.</summary>
    public IReadOnlyList<string> Problems { get; init; } = [];

    /// <summary>Every bar holds.</summary>
    public bool Ok => EventsLost + AppliedTwice + IndexMismatches + BatchesLost == 0;
}

/// <summary>Compares what was sent with what the index says. Knows nothing of the product's search code. Pure.</summary>
internal static class IndexJudge
{
    public static IndexVerdict Judge(SimLedger ledger, IndexFacts index)
    {
        Findings lost = new("lost"), twice = new("applied twice"), wrong = new("mismatch"), batches = new("batch lost");
        List<(SimLine Line, IndexFact Fact)> expected = [.. ledger.Sent.Where(l => l.Outcome != SimOutcome.Refused).Select(l => (l, IndexFact.Expected(l)))];
        HashSet<string> deleted = Deleted(ledger, index, expected);
        foreach (var subject in expected.GroupBy(e => e.Fact.Key, StringComparer.Ordinal)) Compare(subject.Key, OfLast([.. subject]), index, deleted, lost, wrong);
        foreach (var fact in index.ByKey.SelectMany(facts => facts).GroupBy(f => (f.Key, f.Version, f.Place)).Where(g => g.Count() > 1)) twice.Add(fact.Count() - 1, $"{fact.Key.Key} version {fact.Key.Version}, {fact.Count()} times");
        IndexSums.Judge(expected.Select(e => e.Fact), index, twice, wrong);
        Strangers(expected, ledger, index, wrong);
        Cameras(ledger, index, wrong);
        int refused = Letters(ledger, index, lost, twice, wrong);
        foreach (SentBatch b in ledger.Batches.Where(b => !index.Received[(b.Box, (short)b.Class, b.Epoch)].Any(r => r.From <= b.Seq && b.Seq <= r.To))) batches.Add(1, $"{b.Class} {b.Seq} of box {b.Box}");
        foreach (string damage in index.Damage) wrong.Add(1, damage);
        return new IndexVerdict
        {
            EventsSent = ledger.Sent.Count,
            EventsLost = lost.Count,
            AppliedTwice = twice.Count,
            IndexMismatches = wrong.Count,
            BatchesLost = batches.Count,
            Refused = refused,
            AppliedMs = [.. index.AppliedAt.Where(a => ledger.FirstPuts.ContainsKey(a.Key)).Select(a => (NodaTime.Instant.FromDateTimeUtc(a.Value) - ledger.FirstPuts[a.Key]).TotalMilliseconds).Order()],
            Problems = [.. lost.Words, .. twice.Words, .. wrong.Words, .. batches.Words],
        };
    }

    /// <summary>A camera whose box was replaced is what its last box says.</summary>
    private static List<(SimLine Line, IndexFact Fact)> OfLast(List<(SimLine Line, IndexFact Fact)> sent) => sent.FindAll(s => s.Line.Box == sent[^1].Line.Box);

    private static void Compare(string key, List<(SimLine Line, IndexFact Fact)> sent, IndexFacts index, HashSet<string> deleted, Findings lost, Findings wrong)
    {
        if (index.ByKey[key].MaxBy(f => f.Version) is not { } there)
        {
            if (!deleted.Contains(key)) lost.Add(sent.Count, $"{sent[^1].Line.Type} {sent[^1].Line.Event}: the index has nothing of it");
            return;
        }

        // What was deleted is dropped when its hour is folded; an old revision that is told again after that lies there, hidden, until the next fold.
        bool late = deleted.Contains(key) && index.ByKey[key].All(f => f.Place != IndexFact.Folded);
        int newer = sent.Count(s => s.Fact.Version > there.Version);
        if (newer > 0 && !late) lost.Add(newer, $"{key}: the index has version {there.Version}, {sent.Max(s => s.Fact.Version)} was sent");
        var same = sent.Where(s => s.Fact.Version == there.Version).ToList();
        if (same.Count == 0 && newer < sent.Count) wrong.Add(1, $"{key}: the index has version {there.Version}, which nobody sent");
        if (same.Count > 0 && same.TrueForAll(s => s.Fact.Print != there.Print)) wrong.Add(1, $"{key}: sent {same[0].Fact.Print}, the index has {there.Print}");
    }

    /// <summary>Segments that a deletion covers which the index has: it may have dropped them.</summary>
    private static HashSet<string> Deleted(SimLedger ledger, IndexFacts index, List<(SimLine Line, IndexFact Fact)> expected)
    {
        var ranges = ledger.Sent.Where(l => l.Type == EventTypes.FootageDeleted && index.ByKey.Contains($"tombstone/{l.Camera}/{l.Event}"))
            .Select(l => (l.Camera, Fact: IndexFact.Expected(l).Print.Split('|'))).ToLookup(r => r.Camera, r => (From: long.Parse(r.Fact[0], null), To: long.Parse(r.Fact[1], null)));
        return expected.Where(e => e.Fact.Key.StartsWith("segment/", StringComparison.Ordinal) && long.Parse(e.Fact.Print.Split('|')[1], null) is var start && ranges[e.Line.Camera].Any(r => r.From <= start && start < r.To))
            .Select(e => e.Fact.Key).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>What the index has and nobody sent. A segment's, gap's or hold's own id is in the ids of its events.</summary>
    private static void Strangers(List<(SimLine Line, IndexFact Fact)> expected, SimLedger ledger, IndexFacts index, Findings wrong)
    {
        HashSet<string> sent = expected.Select(e => e.Fact.Key).ToHashSet(StringComparer.Ordinal);
        HashSet<string> subjects = ledger.Known.Select(id => id.Split('/')[0]).ToHashSet(StringComparer.Ordinal);
        foreach (var facts in index.ByKey.Where(f => !sent.Contains(f.Key)))
        {
            string[] parts = facts.Key.Split('/', 3);
            bool own = parts[0] is "progress" or "camera" or "state" or "status" or "described";
            if (!own && !subjects.Contains(parts[^1])) wrong.Add(1, $"{facts.Key} is in the index, and nobody sent it");
        }
    }

    /// <summary>The newest description and status of each box say how its cameras stand; of a camera whose box was replaced, those of the last one.</summary>
    private static void Cameras(SimLedger ledger, IndexFacts index, Findings wrong)
    {
        var newest = ledger.Sent.Where(l => l.Type is EventTypes.BoxDescribed or EventTypes.BoxStatus).GroupBy(l => (l.Box, l.Type)).Select(g => g.MaxBy(l => IndexFact.Expected(l).Version)!);
        foreach (var facts in newest.OrderBy(l => l.At).SelectMany(IndexFact.ExpectedOfCameras).GroupBy(f => f.Key, StringComparer.Ordinal))
        {
            IndexFact fact = facts.Last();
            if (!index.ByKey[fact.Key].Any(f => f.Print == fact.Print && f.Version == fact.Version)) wrong.Add(1, $"{fact.Key}: sent {fact.Print}, the index has {string.Join(" and ", index.ByKey[fact.Key].Select(f => f.Print).DefaultIfEmpty("nothing"))}");
        }
    }

    private static int Letters(SimLedger ledger, IndexFacts index, Findings lost, Findings twice, Findings wrong)
    {
        var refused = ledger.Sent.Where(l => l.Outcome == SimOutcome.Refused).ToList();
        foreach (SimLine line in refused)
        {
            var reasons = index.Letters[line.Event!].ToList();
            if (index.ByKey.Contains(IndexFact.Expected(line).Key)) wrong.Add(1, $"{line.Type} {line.Event} is in the index, though another box owns its camera");
            else if (reasons.Count == 0) lost.Add(1, $"{line.Type} {line.Event} had to be refused, and is nowhere");
            else if (reasons[0] != "foreign_source") wrong.Add(1, $"{line.Event} was refused as {reasons[0]}");
            if (reasons.Count > 1) twice.Add(reasons.Count - 1, $"dead letter of {line.Event}");
        }

        HashSet<string> expected = refused.Select(l => l.Event!).ToHashSet(StringComparer.Ordinal);
        foreach (var letter in index.Letters.Where(l => !expected.Contains(l.Key))) wrong.Add(1, $"{letter.Key} was refused as {letter.First()}");
        return refused.Count;
    }
}
