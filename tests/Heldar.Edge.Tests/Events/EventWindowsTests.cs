using System.Data.Common;
using Heldar.Edge.Cameras;
using Heldar.Edge.Events;
using Heldar.Edge.Store;
using Heldar.Media.Tests;
using Microsoft.Extensions.Logging.Abstractions;
using NodaTime;

namespace Heldar.Edge.Tests.Events;

/// <summary>What stays known of many windows, and what a database that does not answer may hold up: nothing.</summary>
public sealed class EventWindowsTests : IAsyncDisposable
{
    private static readonly Guid Camera = Guid.Parse("0190c0de-0000-7000-8000-0000000000e1");
    private static readonly Instant Begin = Instant.FromUtc(2026, 11, 21, 4, 37);
    private readonly TemporaryFolder _folder = new();
    private readonly BoxStore _store;

    public EventWindowsTests() =>
        _store = BoxStore.Open(new StoreOptions { File = _folder.File("box.db") }, StoreSchema.Embedded(), NullLogger<BoxStore>.Instance);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    /// <summary>An operator records for an hour; motion comes and goes all the while.</summary>
    [Fact]
    public async Task RunningWindow_StaysKnown_HoweverManyEventsCome()
    {
        var windows = Windows(_store);
        var operators = windows.Open(Camera, WishReason.Operator, "operator", Begin, Begin, Duration.FromHours(1));
        await windows.WriteAsync(operators, Cancellation);
        var now = Begin;
        for (var i = 0; i < 40; i++)
        {
            now += Duration.FromMinutes(1);
            await windows.WriteAsync(windows.Open(Camera, WishReason.Event, "zone:yard", now, now, Duration.FromSeconds(10)), Cancellation);
        }

        var again = Windows(_store);
        await again.LoadAsync(Cancellation);
        foreach (var known in new[] { windows, again })
        {
            Assert.Equal([(WishReason.Operator, Begin, Begin + Duration.FromHours(1)), (WishReason.Event, now, now + Duration.FromSeconds(10))], Between(known, now, now + Duration.FromSeconds(1)));
            Assert.Equal(16, known.Between(Camera, Begin, now + Duration.FromHours(1)).Count());
            // The newest one still takes what happens.
            Assert.Equal(now, known.Open(Camera, WishReason.Event, "zone:yard", now, now + Duration.FromSeconds(5), Duration.FromSeconds(10)).From);
            Assert.Equal(Begin, known.Close(Camera, WishReason.Operator, now)?.From);
        }
    }

    /// <summary>Neither the camera's watcher nor the operator waits for a system disk that hangs; the newest window is written when it answers again.</summary>
    [Fact]
    public async Task DatabaseThatDoesNotAnswer_HoldsNobodyUp_AndGetsTheNewestWindow()
    {
        var hanging = new HangingStore(_store);
        var windows = Windows(hanging);
        for (var i = 0; i < 3; i++)
        {
            var now = Begin + Duration.FromSeconds(5 * i);
            var window = windows.Open(Camera, WishReason.Event, "zone:yard", now, now, Duration.FromSeconds(10));
            await windows.WriteAsync(window, Cancellation).WaitAsync(TimeSpan.FromSeconds(30), Cancellation);
            Assert.Equal(Begin + Duration.FromSeconds((5 * i) + 10), window.Until);
        }

        Assert.Equal(1, hanging.Works);
        hanging.Answers.SetResult();
        await windows.SettleAsync(Cancellation);
        await Eventually.TrueAsync(() => hanging.Done == 2, "the newest window is written");
        var again = Windows(_store);
        await again.LoadAsync(Cancellation);
        Assert.Equal([(WishReason.Event, Begin, Begin + Duration.FromSeconds(20))], Between(again, Begin, Begin + Duration.FromHours(1)));
    }

    /// <summary>A store that is closed, or fails in any way, is told of and asked again; it ends nothing.</summary>
    [Fact]
    public async Task StoreThatIsClosed_DoesNotEndWhatTellsOfEvents()
    {
        await _store.DisposeAsync();
        var hanging = new HangingStore(_store);
        hanging.Answers.SetResult();
        var windows = Windows(hanging);
        for (var i = 0; i < 2; i++) await windows.WriteAsync(windows.Open(Camera, WishReason.Event, "zone:yard", Begin, Begin, Duration.FromSeconds(10)), Cancellation);
        // The second window is the first one again: only because that is known to be missing it is written anew.
        Assert.Equal(2, hanging.Works);
    }

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    private static EventWindows Windows(IStoreWriter store) => new(store, TimeProvider.System, NullLogger<EventWindows>.Instance);

    private static List<(WishReason Reason, Instant From, Instant To)> Between(EventWindows windows, Instant from, Instant to) =>
        [.. windows.Between(Camera, from, to).Select(w => (w.Reason, w.From, w.To)).OrderBy(w => w.From)];

    /// <summary>A store that answers when it is told to.</summary>
    private sealed class HangingStore(IStoreWriter store) : IStoreWriter
    {
        private int _works;
        private int _done;

        public TaskCompletionSource Answers { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public int Works => Volatile.Read(ref _works);

        public int Done => Volatile.Read(ref _done);

        public async Task EnqueueAsync(Action<DbConnection> work, CancellationToken cancellation = default)
        {
            Interlocked.Increment(ref _works);
            await Answers.Task.WaitAsync(cancellation);
            await store.EnqueueAsync(work, cancellation);
            Interlocked.Increment(ref _done);
        }
    }
}
