using Heldar.Contracts.Events;
using NodaTime;

namespace Heldar.Edge.Uplink;

/// <summary>
/// What waits to be sealed, kept in memory so that an idle outbox costs no query: since when and how much per stream. Thread-safe: the writer
/// loop adds, the sender takes. A transaction that is rolled back after adding costs one empty look.
/// </summary>
internal sealed class Pending(UplinkOptions options) : IDisposable
{
    private readonly Dictionary<OutboxQueue, (Instant Since, long Bytes)> _waiting = [];
    private readonly Dictionary<OutboxQueue, Instant> _sealed = [];
    private readonly Dictionary<OutboxQueue, Instant> _deferred = [];
    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _changed = new(0, 1);

    private Duration Rest => options.Heartbeat * 6;

    public void Add(OutboxQueue queue, Instant now, long bytes)
    {
        lock (_lock)
        {
            var before = _waiting.TryGetValue(queue, out var w) ? w : (Since: now, Bytes: 0L);
            _waiting[queue] = (before.Since, before.Bytes + bytes);
            if (before.Bytes > 0 && before.Bytes + bytes < options.FlushBytes) return;
        }

        Wake();
    }

    /// <summary>Everything of a stream may be waiting: look now.</summary>
    public void MarkAll(Instant now)
    {
        lock (_lock)
            foreach (var queue in OutboxQueue.All) _waiting[queue] = (now - options.Flush, 1);
        Wake();
    }

    /// <summary>A stream that may not be sealed now is looked at again after six heartbeats, or when it is cleared, whatever is added meanwhile.</summary>
    public void Defer(OutboxQueue queue, Instant now)
    {
        lock (_lock) (_waiting[queue], _deferred[queue]) = ((now, 1), now + Rest);
    }

    /// <summary>A batch of the stream is being sealed.</summary>
    public void Clear(OutboxQueue queue, Instant now)
    {
        lock (_lock)
        {
            _waiting.Remove(queue);
            _deferred.Remove(queue);
            _sealed[queue] = now;
        }
    }

    /// <summary>
    /// When a stream is to be sealed; null when nothing waits. The first event after a quiet time waits a tenth of the flush time, in case more come with it;
    /// a busy stream is sealed once per flush time. Times that lie ahead are those of a clock that was set back since, and count as now.
    /// </summary>
    public Instant? DueAt(OutboxQueue queue, Instant now)
    {
        lock (_lock)
        {
            if (!_waiting.TryGetValue(queue, out var w)) return null;
            if (_deferred.TryGetValue(queue, out var until) && until > now && until - now <= Rest) return until;
            var since = w.Since;
            if (since > now) (since, _waiting[queue]) = (now, (now, w.Bytes));
            if (queue.Class == EventClass.Evidence || w.Bytes >= options.FlushBytes) return since;
            var early = since + (options.Flush / 10);
            if (_sealed.TryGetValue(queue, out var last) && last <= now) early = Instant.Max(early, last + options.Flush);
            return Instant.Min(since + options.Flush, early);
        }
    }

    public void Dispose() => _changed.Dispose();

    /// <summary>Ends the sender's present wait.</summary>
    public void Wake()
    {
        try
        {
            _changed.Release();
        }
        catch (SemaphoreFullException)
        {
            // It is awake already.
        }
    }

    public Task WaitAsync(Duration atMost, CancellationToken cancellation) => _changed.WaitAsync(atMost.ToTimeSpan(), cancellation);
}
