using Dapper;
using Heldar.Edge.Indexer;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Retention;

/// <summary>
/// Invariant 9: a clock never deletes. Holds the wall clock against the monotonic one and against the mark of the last run; when it is off by more than
/// ten minutes (an hour is the shortest age that footage is deleted at) and no time source vouches for it, nothing is deleted by age until it is right again, a source vouches, or an operator does. Wall time that
/// passes in doubt is noted: footage dated in it ages from the moment that the doubt ended. Thread-safe.
/// </summary>
internal sealed class ClockGuard(IStoreWriter store, IStoreReader reader, IMachineTime machine, IClock clock) : IDisposable
{
    private static readonly Duration Most = Duration.FromMinutes(10);
    private static readonly Duration MarkEvery = Duration.FromMinutes(1);
    private static readonly Duration Slack = Duration.FromMinutes(10);
    private readonly SemaphoreSlim _one = new(1, 1);
    private volatile Anchor? _anchor;
    private Duration _markedAt;
    private long? _doubt;
    private volatile bool _vouched;
    private volatile string? _cause;
    private volatile bool _trusted;

    /// <summary>Why age does not delete now; null while the clock is trusted.</summary>
    public string? Cause => _cause;

    /// <summary>The clock was looked at and is right.</summary>
    public bool IsTrusted => _trusted;

    /// <summary>An operator says that the clock is right; taken with the next look.</summary>
    public void Vouch() => _vouched = true;

    /// <summary>Whether this reading of the clock is right, as far as memory can tell: asks no database, so it may be called at any time. False before the first look.</summary>
    public bool IsSure(Instant now) => _anchor is { } anchor && (machine.IsSynchronised(now) || IsNear(anchor.Off(now, machine.Monotonic)));

    /// <summary>Looks at the clocks; true while age may delete.</summary>
    public async Task<bool> LookAsync(CancellationToken cancellation)
    {
        await _one.WaitAsync(cancellation);
        try
        {
            return await LookAloneAsync(cancellation);
        }
        finally
        {
            _one.Release();
        }
    }

    public void Dispose() => _one.Dispose();

    private static bool IsNear(Duration off) => off <= Most && off >= -Most;

    private async Task<bool> LookAloneAsync(CancellationToken cancellation)
    {
        var (now, monotonic) = (clock.GetCurrentInstant(), machine.Monotonic);
        var anchor = _anchor ??= await LoadAsync(now, monotonic, cancellation);
        var off = anchor.Off(now, monotonic);
        var sure = machine.IsSynchronised(now) || _vouched;
        _vouched = false;
        if (sure)
        {
            _anchor = anchor = new Anchor(now, monotonic);
        }
        else if (!IsNear(off))
        {
            _cause = $"the clock is {Math.Abs(off.TotalHours):0.0} h {(off > Duration.Zero ? "ahead of" : "behind")} where it should be and no time source vouches for it: nothing is deleted by age";
            _trusted = false;
            await DoubtAsync(now, cancellation);
            return false;
        }

        await TrustAsync(anchor, now, monotonic, cancellation);
        return _trusted = true;
    }

    private async Task<Anchor> LoadAsync(Instant now, Duration monotonic, CancellationToken cancellation)
    {
        var (mark, newest, doubt) = await reader.ReadAsync(
            db => (
                db.QueryFirstOrDefault<MarkRow>("SELECT wall_ns AS WallNs, mono_ns AS MonoNs, boot FROM clock_mark"),
                db.ExecuteScalar<long?>("SELECT max(start_ns) FROM (SELECT (SELECT max(start_ns) FROM segment s WHERE s.camera = t.camera) AS start_ns FROM camera_total t)"),
                db.ExecuteScalar<long?>("SELECT id FROM clock_doubt WHERE until_ns IS NULL ORDER BY id LIMIT 1")),
            cancellation);
        _doubt = doubt;
        // Without a mark the newest footage says when this box last was sure of the time; without footage there is nothing to delete.
        _markedAt = monotonic - MarkEvery;
        return mark is not null
            ? new Anchor(SegmentIndex.Time(mark.WallNs), mark.Boot == machine.Boot ? Duration.FromNanoseconds(mark.MonoNs) : monotonic)
            : new Anchor(newest is { } ns ? SegmentIndex.Time(ns) : now, monotonic);
    }

    private async Task DoubtAsync(Instant now, CancellationToken cancellation)
    {
        var (from, to) = (SegmentIndex.Ns(now - Slack), SegmentIndex.Ns(now + Slack));
        await store.EnqueueAsync(
            db =>
            {
                // A clock that jumps again within the doubt begins another stretch.
                var changed = _doubt is { } id && db.Execute(
                    "UPDATE clock_doubt SET from_ns = min(from_ns, @from), to_ns = max(to_ns, @to) WHERE id = @id AND from_ns <= @to AND to_ns >= @from", new { id, from, to }) > 0;
                if (!changed) _doubt = db.ExecuteScalar<long>("INSERT INTO clock_doubt (from_ns, to_ns) VALUES (@from, @to); SELECT last_insert_rowid()", new { from, to });
            },
            cancellation);
    }

    private async Task TrustAsync(Anchor anchor, Instant now, Duration monotonic, CancellationToken cancellation)
    {
        var ended = _doubt is not null;
        if (!ended && monotonic - _markedAt < MarkEvery)
        {
            _cause = null;
            return;
        }

        await store.EnqueueAsync(
            db =>
            {
                if (ended) db.Execute("UPDATE clock_doubt SET until_ns = @now WHERE until_ns IS NULL", new { now = SegmentIndex.Ns(now) });
                db.Execute(
                    "INSERT INTO clock_mark (id, wall_ns, mono_ns, boot) VALUES (1, @wall, @mono, @boot) ON CONFLICT (id) DO UPDATE SET wall_ns = @wall, mono_ns = @mono, boot = @boot",
                    new { wall = SegmentIndex.Ns(anchor.At(monotonic)), mono = (long)monotonic.TotalNanoseconds, boot = machine.Boot });
            },
            cancellation);
        (_doubt, _markedAt, _cause) = (null, monotonic, null);
    }

    /// <summary>A moment that both clocks were believed at.</summary>
    private sealed record Anchor(Instant Wall, Duration Monotonic)
    {
        public Instant At(Duration monotonic) => Wall + (monotonic - Monotonic);

        public Duration Off(Instant now, Duration monotonic) => now - At(monotonic);
    }

    private sealed class MarkRow
    {
        public long WallNs { get; init; }

        public long MonoNs { get; init; }

        public string Boot { get; init; } = "";
    }
}
