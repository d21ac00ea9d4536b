using System.Diagnostics;
using Heldar.Edge.Audit;
using Heldar.Edge.Holds;
using Heldar.Edge.Indexer;
using Heldar.Edge.Retention;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Benchmarks.Kept;

/// <summary>
/// A sweep that deletes 1,000 segments by age (rows, files, seals, events) from a box that stores many, beside the same from one that stores few; in turn. What
/// is deleted is counted on disk.
/// </summary>
internal sealed class RetentionBench(FilledBox many, FilledBox few, bool quick, Action<BenchLine> print, Action<string> say)
{
    private const int Deleted = 1000;
    private const double Bar = 1.5;

    public async Task RunAsync(CancellationToken cancellation)
    {
        await few.FillAsync(_ => { }, cancellation);
        await many.FillAsync(say, cancellation);
        await using var large = new Sweeper(many);
        await using var small = new Sweeper(few);
        List<double> ours = [], theirs = [];
        for (var round = 0; round < (quick ? 2 : 6); round++)
        {
            var (l, s) = (await large.SweepAsync(Deleted, cancellation), await small.SweepAsync(Deleted, cancellation));
            say($"{Deleted} deleted of {many.Segments}: {l:0} ms; of {few.Segments}: {s:0} ms");
            // The first round opens files and fills caches.
            if (round == 0) continue;
            ours.Add(l);
            theirs.Add(s);
        }

        double a = Statistics.Median(ours), b = Statistics.Median(theirs);
        print(new BenchLine("retention", "time_ratio", a, "ms", $"{few.Segments} stored", b, a / b, ours.Count) { Bar = ($"ratio <= {Bar}", a / b <= Bar) });
    }

    private sealed class Sweeper : IAsyncDisposable
    {
        private readonly FilledBox _box;
        private readonly Edge.Store.BoxStore _store;
        private readonly IndexWriter _index;
        private readonly VolumeWriters _writers;
        private readonly Retainer _retainer;
        private readonly Hand _clock = new();
        private Duration _age = FilledBox.End - FilledBox.Begin;
        private int _gone;

        public Sweeper(FilledBox box)
        {
            (_box, _store) = (box, box.Open());
            _index = new IndexWriter(_store, NoOutbox.Instance, NullLogger<IndexWriter>.Instance);
            var volume = Volume.Open(box.Recordings, FilledBox.Begin);
            var storage = new StorageOptions { SyncInterval = Duration.FromMilliseconds(100) };
            _writers = new VolumeWriters([new VolumeWriter(volume, SealLog.Open(box.Recordings, _clock), _index, storage, NullLogger<VolumeWriter>.Instance)]);
            var holds = new HoldBook(_store, _store, NoOutbox.Instance, new AuditLog(_store, _store, _clock), _writers, _clock, NullLogger<HoldBook>.Instance);
            var eraser = new Eraser(_store, _store, NoOutbox.Instance, _writers, new DiskWork(), new ReadLocks(), _clock, NullLogger<Eraser>.Instance);
            var volumes = new VolumeSet([volume]);
            _retainer = new Retainer(
                _store, volumes, v => v.Space(), new RetentionPolicies(() => RetentionPolicy.Default with { Age = _age, MinFreeBytes = 0 }), eraser,
                new ClockGuard(_store, _store, new SureTime(), _clock), holds, _clock);
        }

        /// <summary>Milliseconds that a sweep takes which deletes the oldest ones.</summary>
        public async Task<double> SweepAsync(int count, CancellationToken cancellation)
        {
            _gone += count;
            _age = FilledBox.End - await EndOfOldestAsync(count, cancellation);
            // Nobody pays for what another sweep left to write.
            using (var sync = new FileSystemSync(_box.Recordings)) sync.Run();
            var start = Stopwatch.GetTimestamp();
            var result = await _retainer.SweepAsync(cancellation);
            var ms = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            var left = Directory.EnumerateFiles(_box.Recordings, "*.mp4", SearchOption.AllDirectories).Count();
            if (result.Segments != count || left != (_box.Segments / FilledBox.Cameras * FilledBox.Cameras) - _gone)
                throw new InvalidOperationException($"{result.Segments} were deleted and {left} files are left");
            return ms;
        }

        public async ValueTask DisposeAsync()
        {
            _retainer.Dispose();
            await _writers.DisposeAsync();
            await _index.DisposeAsync();
            await _store.DisposeAsync();
        }

        private Task<Instant> EndOfOldestAsync(int count, CancellationToken cancellation) => _store.ReadAsync(
            db =>
            {
                using var command = db.CreateCommand();
                command.CommandText = $"SELECT max(end_ns) FROM (SELECT end_ns FROM segment ORDER BY end_ns LIMIT {count})";
                return Instant.FromUnixTimeTicks((long)command.ExecuteScalar()! / 100) + Duration.FromNanoseconds(100);
            },
            cancellation);
    }

    /// <summary>Stands at the year's end.</summary>
    private sealed class Hand : IClock
    {
        public Instant GetCurrentInstant() => FilledBox.End;
    }

    private sealed class SureTime : IMachineTime
    {
        public Duration Monotonic { get; } = Duration.FromHours(1);

        public string Boot => "bench";

        public bool IsSynchronised(Instant now) => true;
    }
}
