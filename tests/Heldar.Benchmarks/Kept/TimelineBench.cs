using System.Diagnostics;
using Heldar.Edge.Indexer;
using Heldar.Edge.Storage;

namespace Heldar.Benchmarks.Kept;

/// <summary>
/// The timeline of a whole year, from the index as the API asks it: all 16 cameras one after the other are one query. Beside it the same answer summed up from
/// the segments by one SQL statement, which says that it is right and what keeping it saves.
/// </summary>
internal sealed class TimelineBench(FilledBox box, bool quick, Action<BenchLine> print, Action<string> say)
{
    private const double BarMs = 50;

    private const string BySegments =
        """
        SELECT camera, min(start_ns), max(end_ns) FROM (
          SELECT camera, start_ns, end_ns, sum(begins) OVER (PARTITION BY camera ORDER BY start_ns, id) AS island FROM (
            SELECT camera, id, start_ns, end_ns, start_ns > coalesce(max(end_ns) OVER (PARTITION BY camera ORDER BY start_ns, id
              ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) + 1000000000 AS begins FROM segment))
        GROUP BY camera, island
        """;

    public async Task RunAsync(CancellationToken cancellation)
    {
        await box.FillAsync(say, cancellation);
        await using var store = box.Open();
        var index = new SegmentIndex(store, new VolumeSet([]));
        List<double> all = [], one = [];
        var spans = 0;
        for (var round = 0; round < (quick ? 5 : 30); round++)
        {
            spans = 0;
            var start = Stopwatch.GetTimestamp();
            for (var camera = 0; camera < FilledBox.Cameras; camera++)
            {
                var before = Stopwatch.GetTimestamp();
                spans += (await index.TimelineAsync(FilledBox.Camera(camera), FilledBox.Begin, FilledBox.End, cancellation)).Count;
                one.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            }

            all.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        var summed = Stopwatch.GetTimestamp();
        var expected = await store.ReadAsync(db => Count(db), cancellation);
        var scan = Stopwatch.GetElapsedTime(summed).TotalMilliseconds;
        if (expected != spans) throw new InvalidOperationException($"the kept timeline has {spans} stretches, the segments say {expected}");
        say($"{box.Segments} segments, {spans} stretches");
        var ms = Statistics.Percentile(all, 0.95);
        print(new BenchLine("timeline", "query_ms", ms, "ms", "summed from segments", scan, ms / scan, all.Count) { Bar = ($"<= {BarMs}", ms <= BarMs) });
        print(new BenchLine("timeline", "one_camera_ms", Statistics.Percentile(one, 0.95), "ms", N: one.Count));
    }

    private static int Count(System.Data.Common.DbConnection db)
    {
        using var command = db.CreateCommand();
        command.CommandText = $"SELECT count(*) FROM ({BySegments})";
        return Convert.ToInt32(command.ExecuteScalar(), System.Globalization.CultureInfo.InvariantCulture);
    }
}
