using System.Collections.Concurrent;
using System.Collections.Immutable;
using Heldar.Edge.Cameras;
using Heldar.Edge.Settings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Events;

/// <summary>
/// The windows of all cameras. Memory counts at once; the database follows, and a restart goes on with what it has. While the database does not answer, events are
/// taken nevertheless. Thread-safe.
/// </summary>
internal sealed partial class EventWindows(IStoreWriter store, TimeProvider time, ILogger<EventWindows> log) : IWishSource
{
    /// <summary>Windows of one camera that stay known.</summary>
    private const int Kept = 16;

    /// <summary>A camera that sees something all the time costs one row a second.</summary>
    private static readonly Duration Coarse = Duration.FromSeconds(1);
    private static readonly Duration Longest = Duration.FromSeconds(RecordModes.MaxPostRollSeconds);

    /// <summary>How long an event waits for its row: whoever tells of events must go on.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<Guid, ImmutableList<EventWindow>> _windows = new();

    /// <summary>What the database has, or is about to. Under the gate.</summary>
    private readonly Dictionary<(Guid Camera, WishReason Reason), EventWindow> _written = [];

    /// <summary>Rows that are being written. Under the gate.</summary>
    private readonly Dictionary<(Guid Camera, WishReason Reason), RowWriter> _rows = [];

    public async Task LoadAsync(CancellationToken cancellation)
    {
        IReadOnlyList<EventWindow> all = [];
        await store.EnqueueAsync(db => all = EventRows.All(db), cancellation);
        foreach (var camera in all.GroupBy(w => w.Camera)) _windows[camera.Key] = [.. camera.OrderByDescending(w => w.Until).Take(Kept).OrderBy(w => w.From)];
    }

    /// <summary>Starts a window or makes the running one longer.</summary>
    public EventWindow Open(Guid camera, WishReason reason, string source, Instant at, Instant now, Duration postRoll)
    {
        var open = new EventWindow(camera, reason, at, at, source).Extend(now, postRoll, Longest);
        _windows.AddOrUpdate(camera, _ => [open], (_, known) =>
        {
            var index = known.FindLastIndex(w => w.Takes(reason, now));
            if (index < 0) return Room(known, now).Add(open);
            open = known[index].Extend(now, postRoll, Longest);
            return known.SetItem(index, open);
        });
        return open;
    }

    /// <summary>Ends a camera's running window; false when none runs.</summary>
    public EventWindow? Close(Guid camera, WishReason reason, Instant now)
    {
        EventWindow? closed = null;
        _windows.AddOrUpdate(camera, _ => [], (_, known) =>
        {
            closed = null;
            var index = known.FindLastIndex(w => w.Takes(reason, now) && now < w.Until);
            return index < 0 ? known : known.SetItem(index, closed = known[index] with { Until = now });
        });
        return closed;
    }

    /// <summary>Writes a window when its row is a second behind. A database that does not answer is waited for a second at most; then the window is written when it answers again.</summary>
    public async Task WriteAsync(EventWindow window, CancellationToken cancellation)
    {
        var key = (window.Camera, window.Reason);
        Task writing;
        lock (_gate)
        {
            if (_written.TryGetValue(key, out var row) && row.From == window.From && window.Until >= row.Until && window.Until - row.Until < Coarse) return;
            _written[key] = window;
            if (_rows.TryGetValue(key, out var running)) running.Next = window;
            else _rows[key] = running = new RowWriter { Next = window };
            writing = running.Loop ??= Task.Run(() => WriteRowsAsync(key, running), CancellationToken.None);
        }

        await writing.WaitAsync(Patience, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        cancellation.ThrowIfCancellationRequested();
    }

    /// <summary>Waits a second at most for what is being written.</summary>
    public async Task SettleAsync(CancellationToken cancellation)
    {
        Task[] loops;
        lock (_gate) loops = [.. _rows.Values.Select(r => r.Loop).OfType<Task>()];
        await Task.WhenAll(loops).WaitAsync(Patience, time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    /// <summary>Writes the newest window of a camera and reason until there is none. Never throws.</summary>
    private async Task WriteRowsAsync((Guid Camera, WishReason Reason) key, RowWriter rows)
    {
        while (true)
        {
            EventWindow window;
            lock (_gate)
            {
                if (rows.Next is not { } next)
                {
                    _rows.Remove(key);
                    return;
                }

                (window, rows.Next) = (next, null);
            }

            try
            {
                await store.EnqueueAsync(db => EventRows.Put(db, window), CancellationToken.None);
            }
            catch (Exception e)
            {
                lock (_gate)
                {
                    if (rows.Next is null) _written.Remove(key);
                }

                LogNotWritten(window.Camera, e.Message);
            }
        }
    }

    public IEnumerable<Wish> Between(Guid camera, Instant from, Instant to) =>
        _windows.TryGetValue(camera, out var windows) ? windows.Where(w => w.From < to && w.Until > from).Select(w => new Wish(w.From, w.Until, w.Reason, w.Source)) : [];

    /// <summary>Without the window that ended first, when there are as many as may be: one that runs stays, however long ago it began.</summary>
    private static ImmutableList<EventWindow> Room(ImmutableList<EventWindow> known, Instant now)
    {
        if (known.Count < Kept) return known;
        return known.Remove(known.Where(w => !w.Takes(w.Reason, now)).MinBy(w => w.Until) ?? known.MinBy(w => w.Until)!);
    }

    [LoggerMessage(3201, LogLevel.Error, "camera {Camera}: an event is recorded, but a restart would not know of it: {Error}")]
    private partial void LogNotWritten(Guid camera, string error);

    /// <summary>Writes the rows of one camera and reason, one at a time. Under the gate.</summary>
    private sealed class RowWriter
    {
        /// <summary>The newest window that waits.</summary>
        public EventWindow? Next { get; set; }

        public Task? Loop { get; set; }
    }
}
