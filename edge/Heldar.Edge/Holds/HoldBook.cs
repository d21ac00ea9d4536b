using System.Data.Common;
using Heldar.Contracts.Events;
using Heldar.Edge.Access;
using Heldar.Edge.Audit;
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
/// cloud hears of it in the same transaction. A volume that was away gets it when it is there. Nothing shortens a hold: it stands or it ends, and only by a role at least
/// as high. Who did it is written down in the same transaction. Thread-safe.
/// </summary>
internal sealed partial class HoldBook(IStoreWriter store, IStoreReader reader, IOutbox outbox, IAuditLog audit, VolumeWriters writers, IClock clock, ILogger<HoldBook> log)
{
    /// <summary>Most holds that may stand at once.</summary>
    public const int MaxStanding = 10_000;
    private const int AtOnce = 100;

    /// <summary>Places a hold; null when <see cref="MaxStanding"/> stand already.</summary>
    /// <param name="data">The hold.</param>
    /// <param name="by">Rank of who places it: nobody below ends it.</param>
    /// <param name="who">For the audit log.</param>
    /// <param name="segment">The one segment that it is of; null for a stretch of time.</param>
    /// <param name="cancellation">Gives up.</param>
    /// <exception cref="ArgumentException">The data makes no sense.</exception>
    public async Task<Hold?> PlaceAsync(HoldAppliedData data, BoxRole by, AuditActor who, Guid? segment, CancellationToken cancellation)
    {
        if (data.Mistake() is { } mistake) throw new ArgumentException(mistake, nameof(data));
        var hold = new Hold(data, (int)by, clock.GetCurrentInstant(), segment, null, null, Sealed: false);
        var full = false;
        await store.EnqueueAsync(
            db =>
            {
                full = HoldRows.CountStanding(db) >= MaxStanding;
                if (full) return;
                HoldRows.Apply(db, outbox, hold);
                Note(db, who, "hold.placed", hold);
            },
            cancellation);
        return full ? null : hold with { Sealed = await SealAsync(hold, cancellation) };
    }

    /// <summary>Ends a hold. What another hold covers stays held.</summary>
    public async Task<ReleaseOutcome> ReleaseAsync(Guid id, BoxRole by, AuditActor who, CancellationToken cancellation)
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
                    { } hold => End(ended = hold with { Released = clock.GetCurrentInstant(), ReleasedBy = EventRules.Clean(who.Name, 128), Sealed = false }),
                };

                ReleaseOutcome End(Hold hold)
                {
                    HoldRows.Apply(db, outbox, hold);
                    if (who.Name == HoldRows.Expiry) Note(db, AuditActors.Box, "hold.expired", hold);
                    else Note(db, who, "hold.released", hold);
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
        foreach (var hold in await reader.ReadAsync(db => HoldRows.Expired(db, clock.GetCurrentInstant(), AtOnce), cancellation))
            await ReleaseAsync(hold.Id, BoxRole.Admin, HoldRows.Expiry, cancellation);
    }

    /// <summary>Seals what each volume's log lacks: a volume was away or failed, is new, or the box crashed in between.</summary>
    public async Task SealRestAsync(CancellationToken cancellation)
    {
        foreach (var writer in writers.All)
        {
            var due = await reader.ReadAsync(db => HoldRows.Unsealed(db, writer.Volume.Id, AtOnce), cancellation);
            await Task.WhenAll(due.Select(hold => SealAsync(writer, hold, cancellation)));
        }
    }

    private void Note(DbConnection db, AuditActor who, string action, Hold hold) => audit.Append(
        db,
        new AuditEntry(who, action, hold.Id.ToString("D"))
        {
            Camera = hold.Data.Camera,
            Detail = new { start = hold.Data.From, end = hold.Data.To, hold.Data.Reason, hold.Data.Owner, hold.Data.Case, hold.Data.Expires, hold.Segment, level = ((BoxRole)hold.Level).ToString().ToLowerInvariant() },
        });

    /// <summary>True when at least one log has it.</summary>
    private async Task<bool> SealAsync(Hold hold, CancellationToken cancellation)
    {
        var all = await Task.WhenAll(writers.All.Select(writer => SealAsync(writer, hold, cancellation)));
        if (all.Length == 0) LogNowhere(hold.Id);
        return all.Contains(true);
    }

    private async Task<bool> SealAsync(VolumeWriter writer, Hold hold, CancellationToken cancellation)
    {
        var record = new SealRecord { Type = SealType.Hold, Hold = new HoldSeal(hold.Data, hold.Level, hold.Created, hold.Segment, hold.Released, hold.ReleasedBy) };
        try
        {
            await writer.SealAsync(record, cancellation);
            await store.EnqueueAsync(db => HoldRows.Sealed(db, hold.Id, writer.Volume.Id, hold.Released is not null), cancellation);
            return true;
        }
        catch (IOException e)
        {
            LogUnsealed(hold.Id, writer.Volume.Root, e.Message);
            return false;
        }
    }

    [LoggerMessage(2401, LogLevel.Error, "Hold {Hold} is as the database has it, but {Volume} has not sealed that yet: {Error}")]
    private partial void LogUnsealed(Guid hold, string volume, string error);

    [LoggerMessage(2402, LogLevel.Error, "Hold {Hold} is as the database has it, but no volume is there to seal that: the first one that comes does")]
    private partial void LogNowhere(Guid hold);
}
