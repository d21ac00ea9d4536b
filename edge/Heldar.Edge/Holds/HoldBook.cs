using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Holds;

/// <summary>What became of a wish to end a hold.</summary>
internal enum ReleaseOutcome
{
    Done,
    NotFound,

    /// <summary>It has ended already.</summary>
    Ended,

    /// <summary>Somebody with a higher role placed it.</summary>
    TooLow,
}

/// <summary>
/// Places and ends holds. The database protects at once; the seal log of every volume then gets the hold, so that a rebuilt database has it, and the
/// cloud hears of it in the same transaction. Nothing shortens a hold: it stands or it ends, and only by a role at least as high. Thread-safe.
/// </summary>
internal sealed partial class HoldBook(IStoreWriter store, IStoreReader reader, IOutbox outbox, VolumeWriters writers, IClock clock, ILogger<HoldBook> log)
{
    /// <summary>Most holds that may stand at once.</summary>
    public const int MaxStanding = 10_000;

    /// <summary>Places a hold; null when <see cref="MaxStanding"/> stand already.</summary>
    /// <exception cref="ArgumentException">The data makes no sense.</exception>
    public async Task<Hold?> PlaceAsync(HoldAppliedData data, BoxRole by, Guid? segment, CancellationToken cancellation)
    {
        if (data.Mistake() is { } mistake) throw new ArgumentException(mistake, nameof(data));
        var hold = new Hold(data, (int)by, clock.GetCurrentInstant(), segment, null, null, Sealed: false);
        var full = false;
        await store.EnqueueAsync(
            db =>
            {
                full = HoldRows.CountStanding(db) >= MaxStanding;
                if (!full) HoldRows.Apply(db, outbox, hold);
            },
            cancellation);
        return full ? null : hold with { Sealed = await SealAsync(hold, cancellation) };
    }

    /// <summary>Ends a hold. What another hold covers stays held.</summary>
    public async Task<ReleaseOutcome> ReleaseAsync(Guid id, BoxRole by, string who, CancellationToken cancellation)
    {
        var outcome = ReleaseOutcome.NotFound;
        Hold? ended = null;
        await store.EnqueueAsync(
            db =>
            {
                outcome = HoldRows.Find(db, id) switch
                {
                    null => ReleaseOutcome.NotFound,
                    { Released: not null } => ReleaseOutcome.Ended,
                    { Level: var level } when level > (int)by => ReleaseOutcome.TooLow,
                    { } hold => End(ended = hold with { Released = clock.GetCurrentInstant(), ReleasedBy = EventRules.Clean(who, 128), Sealed = false }),
                };

                ReleaseOutcome End(Hold hold)
                {
                    HoldRows.Apply(db, outbox, hold);
                    return ReleaseOutcome.Done;
                }
            },
            cancellation);
        if (ended is not null) await SealAsync(ended, cancellation);
        return outcome;
    }

    /// <summary>Ends what has expired. Only for a clock that is trusted: a clock releases no evidence by itself.</summary>
    public async Task ExpireAsync(CancellationToken cancellation)
    {
        foreach (var hold in await reader.ReadAsync(db => HoldRows.Expired(db, clock.GetCurrentInstant(), 100), cancellation))
            await ReleaseAsync(hold.Id, BoxRole.Admin, HoldRows.Expiry, cancellation);
    }

    /// <summary>Seals what a failing volume or a crash kept out of the log.</summary>
    public async Task SealRestAsync(CancellationToken cancellation)
    {
        foreach (var hold in await reader.ReadAsync(db => HoldRows.Unsealed(db, 100), cancellation)) await SealAsync(hold, cancellation);
    }

    private async Task<bool> SealAsync(Hold hold, CancellationToken cancellation)
    {
        var record = new SealRecord { Type = SealType.Hold, Hold = new HoldSeal(hold.Data, hold.Level, hold.Created, hold.Segment, hold.Released, hold.ReleasedBy) };
        try
        {
            await Task.WhenAll(writers.All.Select(w => w.SealAsync(record, cancellation)));
            await store.EnqueueAsync(db => HoldRows.Sealed(db, hold.Id, hold.Released is not null), cancellation);
            return true;
        }
        catch (IOException e)
        {
            LogUnsealed(hold.Id, e.Message);
            return false;
        }
    }

    [LoggerMessage(2401, LogLevel.Error, "Hold {Hold} stands, but not every volume has sealed it yet: {Error}")]
    private partial void LogUnsealed(Guid hold, string error);
}
