using System.Diagnostics;
using Heldar.Contracts.Events;
using Heldar.Edge.Anr;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using Heldar.Edge.Tests.Api;
using Heldar.Media.Ingest;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Anr;

/// <summary>How many cameras are replayed at once.</summary>
public sealed class ParallelTests
{
    private static readonly string[] Names = ["dock", "gate", "hall", "yard"];

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task DueGaps_AreAllRefilled_AndNeverMoreAtOnceThanSet()
    {
        // The box's own loop waits an hour; the one that is looked at is stepped here.
        await using var box = await BoxFixture.StartAsync($"anr: {{ settleSeconds: 3600 }}\ncameras: [{string.Join(", ", Names.Select(n => $"{{ id: {n}, url: 'rtsp://10.0.0.1/{n}', anr: {{ enabled: true }} }}"))}]");
        box.Pipelines.Status = () => new StreamStatus { State = StreamState.Streaming, Since = box.Clock.Now };
        var services = box.App.Services;
        var gaps = Names.Select((n, i) => Gap(box.Cameras.Find(n)!.Uid, box.Clock.Now - Duration.FromMinutes(10 + i))).ToList();
        var store = services.GetRequiredService<IStoreWriter>();
        await store.EnqueueAsync(
            db =>
            {
                foreach (var gap in gaps) GapRows.Apply(db, services.GetRequiredService<IOutbox>(), gap);
            },
            Cancellation);
        var refills = new Refills(store);
        var settings = services.GetRequiredService<BoxSettings>() with { Anr = new AnrSettings { Parallel = 2, SettleSeconds = 1 } };
        using var anr = new AnrService(
            settings, box.Cameras, refills.RunAsync, services.GetRequiredService<VolumeWriters>(), services.GetRequiredService<IStoreReader>(), box.Clock, NullLogger<AnrService>.Instance);

        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(10));
        var watch = Stopwatch.StartNew();
        await UntilAsync(() => refills.Running == 2);
        // Looking again begins nothing while both go on.
        for (var i = 0; i < 5; i++) await StepAsync();
        Assert.Equal((2, 0), (refills.Running, refills.Done.Count));
        await UntilAsync(() =>
        {
            refills.EndOne();
            return refills.Done.Count == gaps.Count;
        });

        Assert.Equal(2, refills.Peak);
        Assert.Equal(gaps.Select(g => g.Gap).ToHashSet(), refills.Done.ToHashSet());
        // The newest ones began.
        Assert.Equal(gaps.Take(2).Select(g => g.Gap).ToHashSet(), refills.Begun.Take(2).ToHashSet());

        async Task UntilAsync(Func<bool> so)
        {
            while (!so())
            {
                Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"{refills.Running} refills run, {refills.Done.Count} are done");
                await StepAsync();
            }
        }

        async Task StepAsync()
        {
            await anr.StepAsync(Cancellation);
            await timer.WaitForNextTickAsync(Cancellation);
        }
    }

    private static GapData Gap(Guid camera, Instant end) =>
        new() { Gap = Guid.CreateVersion7(end.ToDateTimeOffset()), Camera = camera, Revision = 2, Start = end - Duration.FromSeconds(20), End = end, Cause = GapCause.Network };

    /// <summary>Refills that last until the test ends them.</summary>
    private sealed class Refills(IStoreWriter store)
    {
        private readonly Lock _lock = new();
        private readonly Queue<TaskCompletionSource> _running = new();
        private readonly List<Guid> _begun = [];
        private readonly List<Guid> _done = [];
        private int _count;

        public int Peak { get; private set; }

        public int Running => Locked(() => _count);

        public IReadOnlyList<Guid> Begun => Locked<IReadOnlyList<Guid>>(() => [.. _begun]);

        public IReadOnlyList<Guid> Done => Locked<IReadOnlyList<Guid>>(() => [.. _done]);

        public async Task RunAsync(FillableGap gap, CameraObserved camera, CancellationToken cancellation)
        {
            var end = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            lock (_lock)
            {
                _begun.Add(gap.Gap.Gap);
                Peak = Math.Max(Peak, ++_count);
                _running.Enqueue(end);
            }

            await end.Task.WaitAsync(cancellation);
            var (from, to) = (gap.Gap.Start, gap.Gap.End!.Value);
            await store.EnqueueAsync(db => GapFillRows.Put(db, new GapFill(gap.Gap.Gap, gap.Gap.Camera, from, to, FillState.Filled, 1, null, [new Stretch(from, to)], null)), cancellation);
            lock (_lock)
            {
                _done.Add(gap.Gap.Gap);
                _count--;
            }
        }

        public void EndOne()
        {
            lock (_lock)
            {
                if (_running.TryDequeue(out var end)) end.SetResult();
            }
        }

        private T Locked<T>(Func<T> read)
        {
            lock (_lock) return read();
        }
    }
}
