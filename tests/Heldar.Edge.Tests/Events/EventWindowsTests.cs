using Heldar.Edge.Cameras;
using Heldar.Edge.Events;
using Heldar.Edge.Store;
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

    public async ValueTask DisposeAsync()
    {
        await _store.DisposeAsync();
        _folder.Dispose();
    }

    private static EventWindows Windows(IStoreWriter store) => new(store, NullLogger<EventWindows>.Instance);

    private static List<(WishReason Reason, Instant From, Instant To)> Between(EventWindows windows, Instant from, Instant to) =>
        [.. windows.Between(Camera, from, to).Select(w => (w.Reason, w.From, w.To)).OrderBy(w => w.From)];
}
