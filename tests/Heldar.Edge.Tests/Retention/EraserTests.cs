using Heldar.Edge.Retention;
using Heldar.Edge.Storage;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Retention;

/// <summary>Deletions that wait take one thread of their disk, however many they are.</summary>
public sealed class EraserTests : IAsyncDisposable
{
    private readonly RetentionFixture _box = new();

    public ValueTask DisposeAsync() => _box.DisposeAsync();

    [Fact]
    public async Task PendingFilesOfOneVolume_AreDeletedOneAfterTheOther()
    {
        var box = _box.Box;
        List<Candidate> candidates = [];
        for (var i = 0; i < 20; i++)
        {
            var camera = Guid.NewGuid();
            await _box.PutAsync(camera, $"gate{i}", _box.Clock.Now - Duration.FromMinutes(10));
            candidates.AddRange((await box.SegmentsAsync(camera)).Select(s => new Candidate(s.Id, s.Camera, s.Volume, s.RelativePath, s.Start, s.End, s.Bytes)));
        }

        // Every deletion of a file asks for the time once it is done.
        var clock = new CrowdClock(_box.Clock);
        var eraser = new Eraser(box.Store, box.Store, box.Outbox, box.Writers, new DiskWork(), new ReadLocks(), clock, NullLogger<Eraser>.Instance);
        Assert.Equal(20, (await eraser.TakeAsync(candidates, "age", CancellationToken.None)).Count);
        var asked = clock.Asked;

        await eraser.FinishAsync(CancellationToken.None);

        Assert.Equal((20, 1), (clock.Asked - asked, clock.Most));
        Assert.False(eraser.IsUnfinished);
        Assert.Empty(await box.Store.ReadAsync(db => RetentionRows.Pending(db, [box.Volume.Id], 100), TestContext.Current.CancellationToken));
    }

    /// <summary>Counts how many ask at the same time.</summary>
    private sealed class CrowdClock(IClock inner) : IClock
    {
        private readonly Lock _lock = new();
        private int _now;

        public int Asked { get; private set; }

        public int Most { get; private set; }

        public Instant GetCurrentInstant()
        {
            lock (_lock)
            {
                Asked++;
                Most = Math.Max(Most, ++_now);
            }

            SpinWait.SpinUntil(() => Volatile.Read(ref _now) > 1, TimeSpan.FromMilliseconds(20));
            lock (_lock) _now--;
            return inner.GetCurrentInstant();
        }
    }
}
