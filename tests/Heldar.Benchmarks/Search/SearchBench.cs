using System.Diagnostics;

namespace Heldar.Benchmarks.Search;

/// <summary>
/// Searches over a year of a thousand cameras, cold (server and system cache empty) and warm, beside hand-written SQL for the same rows in the same run. Both must
/// find the same.
/// </summary>
internal sealed class SearchBench(bool quick, Action<BenchLine> print, Action<string> say)
{
    private const string Name = "search";
    private const string Baseline = "hand-written SQL";
    private const int WarmRounds = 3;
    private readonly SearchPlan _plan = SearchPlan.Of(quick);

    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var index = new FilledIndex(_plan, say);
        await index.OpenAsync(cancellation);
        if (index.BuildSeconds is { } built) print(new BenchLine(Name, "build_s", built, "s") { Bar = ($"<= {SearchPlan.BuildBar}", built <= SearchPlan.BuildBar) });
        var queries = new SearchQueries(_plan).Make();
        // Compiles both sides' code, and says whether they agree at all.
        foreach (var query in queries.DistinctBy(q => q.Shape)) await BothAsync(index, query, cancellation);

        await index.CoolAsync(cancellation);
        List<double> ours = [], theirs = [];
        foreach (var query in queries) ours.Add((await TimeAsync(() => query.Ours(index.Database, cancellation))).Ms);
        await index.CoolAsync(cancellation);
        foreach (var query in queries) theirs.Add((await TimeAsync(() => query.Theirs(index.Database, cancellation))).Ms);
        Print("cold_p95_ms", ours, theirs);

        List<(string Shape, double Ours, double Theirs)> warm = [];
        for (var round = 0; round <= WarmRounds; round++)
        {
            foreach (var query in queries)
            {
                var both = await BothAsync(index, query, cancellation);
                if (round > 0) warm.Add((query.Shape, both.Ours, both.Theirs));
            }
        }

        foreach (var shape in warm.GroupBy(w => w.Shape, StringComparer.Ordinal))
            say($"search: {shape.Key}: p95 {Statistics.Percentile(shape.Select(s => s.Ours), 0.95):0.0} ms, {Baseline} {Statistics.Percentile(shape.Select(s => s.Theirs), 0.95):0.0} ms");
        Print("p95_ms", [.. warm.Select(w => w.Ours)], [.. warm.Select(w => w.Theirs)]);
        double all = warm.Sum(w => w.Ours), against = warm.Sum(w => w.Theirs);
        print(new BenchLine(Name, "sql_ratio", all / against, "", "1", 1, all / against, warm.Count));
    }

    private void Print(string metric, List<double> ours, List<double> theirs)
    {
        double value = Statistics.Percentile(ours, 0.95), against = Statistics.Percentile(theirs, 0.95), most = Math.Max(SearchPlan.RatioBar * against, against + SearchPlan.SlackMs);
        print(new BenchLine(Name, metric, value, "ms", Baseline, against, value / against, ours.Count)
        {
            Bar = ($"<= {SearchPlan.P95Bar} ms and <= {SearchPlan.RatioBar} x or + {SearchPlan.SlackMs} ms", value <= SearchPlan.P95Bar && value <= most),
        });
    }

    private static async Task<(double Ours, double Theirs)> BothAsync(FilledIndex index, SearchQuery query, CancellationToken cancellation)
    {
        var ours = await TimeAsync(() => query.Ours(index.Database, cancellation));
        var theirs = await TimeAsync(() => query.Theirs(index.Database, cancellation));
        if (ours.Found != theirs.Found) throw new InvalidOperationException($"{query.Shape}: the search found {ours.Found}, {Baseline} {theirs.Found}");
        return (ours.Ms, theirs.Ms);
    }

    private static async Task<(double Ms, Found Found)> TimeAsync(Func<Task<Found>> search)
    {
        var start = Stopwatch.GetTimestamp();
        var found = await search();
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, found);
    }
}
