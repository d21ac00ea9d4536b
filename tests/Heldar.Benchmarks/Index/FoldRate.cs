using System.Diagnostics;
using Heldar.Cloud.Index;
using Heldar.Local.Processes;
using Heldar.Local.Servers;
using Heldar.Testing;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;
using Npgsql;

namespace Heldar.Benchmarks.Index;

/// <summary>
/// How many camera-hours the fold does a second: of 120 segments each from landing, then again for the deletions of their first half, told a minute each. Over Azurite, whose
/// one process writes the manifests. Figures without a bar.
/// </summary>
internal sealed class FoldRate(NpgsqlDataSource database, string folder, bool quick, Action<BenchLine> print)
{
    private const int Segments = 120;
    private const int Deletions = 30;
    private static readonly Duration Length = Duration.FromSeconds(30);

    private readonly int _cameras = quick ? 40 : 400;
    private readonly ManualClock _clock = new(SystemClock.Instance.GetCurrentInstant());

    public async Task RunAsync(CancellationToken cancellation)
    {
        await using var azurite = new AzuriteServer(new AzuriteOptions(Path.Combine(folder, "azurite"), Ports.Free(), Ports.Free(), Ports.Free(), Path.Combine(folder, "azurite.log")));
        await azurite.StartAsync(cancellation);
        using var box = new TestBox { Site = "fold" };
        await box.RegisterAsync(database);
        List<Guid> cameras = [];
        for (var n = 0; n < _cameras; n++) cameras.Add(await box.AddCameraAsync(database, $"fold{n:000}"));
        var hour = PackedSpan.HourOf(_clock.GetCurrentInstant() - Duration.FromHours(3));
        foreach (var camera in cameras) await LandAsync(box, camera, hour, cancellation);
        var fold = new SpanFold(database, new ManifestStore(azurite.ConnectionString), _clock, NullLogger<SpanFold>.Instance);

        await MeasureAsync(fold, "fold_hours", cancellation);
        foreach (var camera in cameras) await DeleteAsync(camera, hour, cancellation);
        if (await fold.RunAsync(cancellation) is { Hours: > 0 and var early }) throw new InvalidOperationException($"{early} hours were folded before they rested");
        _clock.Advance(Duration.FromHours(1));
        await MeasureAsync(fold, "deletion_hours", cancellation);
    }

    private async Task MeasureAsync(SpanFold fold, string metric, CancellationToken cancellation)
    {
        var start = Stopwatch.GetTimestamp();
        var done = await fold.RunAsync(cancellation);
        var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
        if (done.Hours != _cameras || done.Failed > 0) throw new InvalidOperationException($"{metric}: {done}");
        print(new BenchLine("index", metric, done.Hours / seconds, "camera-hours/s", N: done.Hours));
    }

    private async Task LandAsync(TestBox box, Guid camera, Instant hour, CancellationToken cancellation)
    {
        var rows = Enumerable.Range(0, Segments).Select(n => TestBox.Segment(camera, hour + (Length * n), Length))
            .Select(s => new LandingRow(box.Id, s, Convert.FromHexString(s.Sha256), Convert.FromHexString(s.Root))).ToList();
        await using var batch = database.CreateBatch();
        SegmentLanding.Append(batch, box.Tenant, box.Id, _clock.GetCurrentInstant().InUtc().Date, rows);
        await batch.ExecuteNonQueryAsync(cancellation);
    }

    private async Task DeleteAsync(Guid camera, Instant hour, CancellationToken cancellation)
    {
        await using var batch = database.CreateBatch();
        for (var n = 0; n < Deletions; n++)
        {
            var from = hour + (Length * 2 * n);
            Tombstones.Append(batch, "main", $"{camera}/{n}", _clock.GetCurrentInstant(), new() { Camera = camera, From = from, To = from + Length + Duration.FromMilliseconds(1), Reason = "age", Count = 2, Bytes = 1 });
        }

        await batch.ExecuteNonQueryAsync(cancellation);
    }
}
