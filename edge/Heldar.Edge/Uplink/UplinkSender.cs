using System.Data.Common;
using System.Diagnostics;
using Heldar.Contracts.Api;
using Heldar.Contracts.Events;
using Heldar.Edge.Enrolment;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Uplink;

/// <summary>
/// Moves events from the outbox to the queues, most urgent class first. One loop calls <see cref="StepAsync"/>; a step sends at most one batch.
/// Batches are sealed right before they are sent, so that waiting states still collapse and a long absence makes few, full batches.
/// </summary>
internal sealed class UplinkSender(
    UplinkOptions options, IStoreWriter store, Pending pending, UplinkState state, IdentityStore identities, BatchSealer sealer, QueuePut put, IClock clock)
{
    private static readonly Duration Idle = Duration.FromSeconds(30);
    private static readonly Duration LongestBlock = Duration.FromSeconds(60);
    private static readonly Duration LookBackEvery = Duration.FromSeconds(5);
    private readonly Dictionary<string, (Backoff Wait, Instant Until)> _blocked = new(StringComparer.Ordinal);
    private readonly HashSet<OutboxQueue> _mayHaveUnsent = [.. OutboxQueue.All];
    private readonly HashSet<OutboxQueue> _full = [];
    private SealedBatch? _delivered;
    private Instant _lookedBack;

    /// <summary>Does the most urgent thing there is and says how long nothing else is due (zero: come back at once).</summary>
    public async Task<Duration> StepAsync(CancellationToken cancellation)
    {
        var now = clock.GetCurrentInstant();
        if (identities.Current is not { } identity || state.Grant is not { } grant) return Idle;
        var marks = state.TakeMarks();
        if (_delivered is null && marks is null && NextDue(now) is var due && due > now) return Duration.Min(due - now, Idle);

        SealedBatch? batch = null;
        var delivered = _delivered;
        try
        {
            await store.EnqueueAsync(
                db =>
                {
                    if (delivered is not null) OutboxRows.MarkSent(db, delivered, now);
                    if (marks is not null) ApplyMarks(db, marks, now);
                    batch = Pick(db, identity, grant, now);
                    state.Backlog = OutboxRows.Backlog(db);
                    LookBack(db, now);
                },
                cancellation);
        }
        catch
        {
            // Nothing of it happened, but the memory of what waits says otherwise: look at everything again.
            _mayHaveUnsent.UnionWith(OutboxQueue.All);
            pending.MarkAll(now);
            throw;
        }

        if (ReferenceEquals(_delivered, delivered)) _delivered = null;
        if (batch is null) return Duration.Min(Duration.Max(NextDue(now) - now, Duration.Zero), Idle);
        await SendAsync(grant, batch, cancellation);
        return Duration.Zero;
    }

    /// <summary>Notes on disk what has been delivered; called when the loop ends.</summary>
    public Task FinishAsync()
    {
        var (delivered, now) = (_delivered, clock.GetCurrentInstant());
        _delivered = null;
        return delivered is null ? Task.CompletedTask : store.EnqueueAsync(db => OutboxRows.MarkSent(db, delivered, now));
    }

    private async Task SendAsync(SasGrant grant, SealedBatch batch, CancellationToken cancellation)
    {
        var started = Stopwatch.GetTimestamp();
        using var span = UplinkTraces.Put(batch);
        var (result, error) = (PutResult.Accepted, (string?)null);
        if (batch.Staged is { } staged)
            (result, error) = await put.BlobAsync(grant.Staging, Envelope.Parse(batch.Envelope).BodySha256!, staged, cancellation);
        if (result == PutResult.Accepted)
            (result, error) = grant.Queues.TryGetValue(batch.Queue, out var queue)
                ? await put.MessageAsync(queue, batch.Envelope, cancellation)
                : (PutResult.Failed, $"the grant names no queue {batch.Queue}");

        if (result != PutResult.Accepted) span?.SetStatus(ActivityStatusCode.Error, ResultWord(result));
        UplinkMetrics.Put.Record(Stopwatch.GetElapsedTime(started).TotalSeconds, new KeyValuePair<string, object?>("result", ResultWord(result)));
        var now = clock.GetCurrentInstant();
        if (result == PutResult.Accepted)
        {
            _delivered = batch;
            _blocked.Remove(batch.Queue);
            state.LastSentAt = now;
            if (_blocked.Count == 0) state.LastError = null;
            state.MessagesSent++;
            return;
        }

        _mayHaveUnsent.Add(new OutboxQueue(batch.Class, batch.Queue));
        state.LastError = error;
        if (result == PutResult.NotAllowed) state.RenewWanted = true;
        var wait = _blocked.TryGetValue(batch.Queue, out var blocked) ? blocked.Wait : new Backoff(Duration.FromSeconds(1), Duration.FromSeconds(30));
        _blocked[batch.Queue] = (wait, now + wait.Next());
    }

    private static string ResultWord(PutResult result) => result switch
    {
        PutResult.Accepted => "accepted",
        PutResult.NotAllowed => "not_allowed",
        _ => "failed",
    };

    /// <summary>How old the backlog is: looked up every few seconds, and only once it lasts, so that the usual coming and going costs nothing.</summary>
    private void LookBack(DbConnection db, Instant now)
    {
        if (state.Backlog.Total == 0) state.OldestWaiting = null;
        else if (now - _lookedBack is var since && since < LookBackEvery && since >= Duration.Zero) return;
        else state.OldestWaiting = OutboxRows.OldestWaiting(db);
        _lookedBack = now;
    }

    private SealedBatch? Pick(DbConnection db, BoxIdentity identity, SasGrant grant, Instant now)
    {
        foreach (var queue in OutboxQueue.All)
        {
            if (IsBlocked(queue, now)) continue;
            if (_mayHaveUnsent.Contains(queue))
            {
                if (OutboxRows.NextUnsent(db, queue) is { } unsent) return unsent;
                _mayHaveUnsent.Remove(queue);
            }

            if (pending.DueAt(queue, now) is { } due && due <= now && Seal(db, identity, grant, queue, now) is { } batch) return batch;
        }

        return null;
    }

    private SealedBatch? Seal(DbConnection db, BoxIdentity identity, SasGrant grant, OutboxQueue queue, Instant now)
    {
        pending.Clear(queue, now);
        if (OutboxRows.Unacknowledged(db, queue.Class) >= Window(queue.Class))
        {
            // Nobody applies them: events wait (of states only the newest), and are looked at again when a watermark moves or the flush time has passed many times over.
            _full.Add(queue);
            pending.Defer(queue, now);
            return null;
        }

        var events = OutboxRows.Oldest(db, queue, BatchBody.MaxEvents);
        if (events.Count == 0) return null;
        var (count, bytes) = (0, 0L);
        while (count < events.Count && (count == 0 || bytes + events[count].Size <= options.FlushBytes)) bytes += events[count++].Size;
        if (count < events.Count) pending.Add(queue, now - options.Flush, options.FlushBytes);
        var batch = sealer.Seal(identity, QueuePut.ContainerName(grant.Staging), OutboxRows.Epoch(db), queue, OutboxRows.NextSeq(db, queue.Class), events.GetRange(0, count));
        OutboxRows.Replace(db, queue, events[0].Id, events[count - 1].Id, batch);
        return batch;
    }

    private void ApplyMarks(DbConnection db, IReadOnlyList<Watermark> marks, Instant now)
    {
        var epoch = OutboxRows.Epoch(db);
        foreach (var @class in Enum.GetValues<EventClass>())
        {
            // A class that the fleet does not mention is one of which it has nothing: its first batch may be the lost one.
            var mark = marks.FirstOrDefault(m => m.Class == @class && m.Epoch == epoch) ?? new Watermark(@class, epoch, 0, []);
            if (!ApplyMark(db, mark, now)) return;
        }
    }

    // False when the epoch ended with it.
    private bool ApplyMark(DbConnection db, Watermark mark, Instant now)
    {
        var last = OutboxRows.LastSeq(db, mark.Class);
        var claimed = mark.Holes.Count == 0 ? mark.Through : Math.Max(mark.Through, mark.Holes[^1].To + 1);
        if (claimed > last)
        {
            OutboxRows.RenewEpoch(db);
            pending.MarkAll(now);
            return false;
        }

        var again = OutboxRows.Apply(db, mark, now, options.ResendAfter);
        if (OutboxRows.Unacknowledged(db, mark.Class) < Window(mark.Class)) Reopen(mark.Class, now);
        if (!again) return true;
        foreach (var queue in OutboxQueue.All)
            if (queue.Class == mark.Class) _mayHaveUnsent.Add(queue);
        return true;
    }

    /// <summary>A block that ends later than any wait can last is one from before the clock was set back.</summary>
    private bool IsBlocked(OutboxQueue queue, Instant now) => _blocked.TryGetValue(queue.Queue, out var blocked) && blocked.Until > now && blocked.Until - now <= LongestBlock;

    private int Window(EventClass @class) => @class == EventClass.State ? options.StateWindow : options.BatchWindow;

    private void Reopen(EventClass @class, Instant now)
    {
        foreach (var queue in _full.Where(q => q.Class == @class).ToList())
        {
            _full.Remove(queue);
            pending.Clear(queue, now - options.Flush);
            pending.Add(queue, now - options.Flush, options.FlushBytes);
        }
    }

    private Instant NextDue(Instant now)
    {
        var next = Instant.MaxValue;
        foreach (var queue in OutboxQueue.All)
        {
            var due = _mayHaveUnsent.Contains(queue) ? now : pending.DueAt(queue, now) ?? Instant.MaxValue;
            if (due != Instant.MaxValue && IsBlocked(queue, now) && _blocked[queue.Queue].Until is var until && until > due) due = until;
            if (due < next) next = due;
        }

        return next;
    }
}
