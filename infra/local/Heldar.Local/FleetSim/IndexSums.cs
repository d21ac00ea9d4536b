namespace Heldar.Local.FleetSim;

/// <summary>What an hour's header says that it has, and what its manifest has.</summary>
/// <param name="Camera">Whose.</param>
/// <param name="HourMs">Start of the hour, Unix ms.</param>
/// <param name="Segments">By the header.</param>
/// <param name="Bytes">By the header.</param>
internal sealed record HourSum(Guid Camera, long HourMs, long Segments, long Bytes)
{
    /// <summary>Segments of the manifest.</summary>
    public long ManifestSegments { get; init; }

    /// <summary>Their bytes.</summary>
    public long ManifestBytes { get; init; }

    /// <summary>The same with what the manifest has.</summary>
    public HourSum Beside(IReadOnlyList<IndexFact> manifest) => this with { ManifestSegments = manifest.Count, ManifestBytes = manifest.Sum(fact => Field(fact, 3)) };

    /// <summary>A number of a segment's print: 1 start and 2 end in Unix ms, 3 bytes.</summary>
    public static long Field(IndexFact segment, int place) => long.Parse(segment.Print.Split('|')[place], null);
}

/// <summary>How much of an hour is covered by footage, as the coverage ledger counts it.</summary>
internal sealed record HourPresent(Guid Camera, long HourMs, long Ms);

/// <summary>
/// What the index keeps beside its rows. No key keeps anybody from adding to a sum twice, so these are compared with what they sum up. Immutable.
/// </summary>
/// <param name="Hours">Headers of folded hours.</param>
/// <param name="Present">Counts of coverage.</param>
/// <param name="Conflicts">Segments that are said to have been told with another hash.</param>
internal sealed record IndexSums(IReadOnlyList<HourSum> Hours, IReadOnlyList<HourPresent> Present, IReadOnlyList<string> Conflicts)
{
    private const long HourMs = 3_600_000;

    public static readonly IndexSums None = new([], [], []);

    /// <summary>
    /// A header must say what its manifest has. Coverage is counted some time after the footage came or was deleted, so it may say less than was sent, and never more.
    /// </summary>
    /// <param name="sent">What was sent and not to be refused.</param>
    /// <param name="index">What the index says.</param>
    /// <param name="twice">Gets what counts too much.</param>
    /// <param name="wrong">Gets what counts too little, and conflicts: boxes tell each revision with one hash.</param>
    public static void Judge(IEnumerable<IndexFact> sent, IndexFacts index, Findings twice, Findings wrong)
    {
        IndexSums sums = index.Sums;
        foreach (HourSum hour in sums.Hours)
        {
            Compare($"{hour.Camera}, hour {hour.HourMs}: the header counts {hour.Segments} segments, the manifest {hour.ManifestSegments}", hour.Segments, hour.ManifestSegments, twice, wrong);
            Compare($"{hour.Camera}, hour {hour.HourMs}: the header counts {hour.Bytes} bytes, the manifest {hour.ManifestBytes}", hour.Bytes, hour.ManifestBytes, twice, wrong);
        }

        // Of what a queue accepted without an answer the log knows the id alone: if the index has it, it may count it.
        if (sums.Present.Count > 0) Covered([.. sent, .. index.ByKey.SelectMany(facts => facts)], sums.Present, twice);
        foreach (string conflict in sums.Conflicts) wrong.Add(1, $"segment {conflict} is a conflict, and nobody told it otherwise");
    }

    private static void Compare(string what, long told, long there, Findings twice, Findings wrong)
    {
        if (told != there) (told > there ? twice : wrong).Add(1, what);
    }

    /// <summary>A camera's segments never overlap, and revisions leave their times alone: what there is of an hour is the sum of its segments, each once.</summary>
    private static void Covered(IReadOnlyList<IndexFact> facts, IReadOnlyList<HourPresent> present, Findings twice)
    {
        Dictionary<(Guid Camera, long Hour), long> most = [];
        foreach (IndexFact segment in facts.Where(fact => fact.Key.StartsWith("segment/", StringComparison.Ordinal)).DistinctBy(fact => fact.Key, StringComparer.Ordinal))
        {
            Guid camera = Guid.Parse(segment.Key.Split('/')[1]);
            long end = HourSum.Field(segment, 2);
            for (long from = HourSum.Field(segment, 1); from < end; from = NextHour(from))
                most[(camera, from - (from % HourMs))] = most.GetValueOrDefault((camera, from - (from % HourMs))) + Math.Min(end, NextHour(from)) - from;
        }

        foreach (HourPresent hour in present)
            if (most.GetValueOrDefault((hour.Camera, hour.HourMs)) is var there && hour.Ms > there) twice.Add(1, $"{hour.Camera}, hour {hour.HourMs}: coverage counts {hour.Ms} ms of footage, there are {there}");
    }

    private static long NextHour(long ms) => ms - (ms % HourMs) + HourMs;
}
