using System.Data.Common;
using System.Threading.Channels;
using Dapper;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Jobs;
using Heldar.Edge.Retention;
using Heldar.Edge.RuntimeSettings;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Upkeep;

/// <summary>
/// Keeps the database from growing for ever: prunes the ledger of gaps, thins it further while the database is larger than it may be, gives free pages back to the disk,
/// and cuts a write-ahead log that grew. All in small pieces between which others write. One caller at a time; measuring and asking are for anyone.
/// </summary>
internal sealed class Upkeeper(BoxStore store, Retainer retention, SettingsGroup<DatabaseLimits> limits, IClock clock)
{
    /// <summary>Nothing younger is pruned while the database is as small as it shall be.</summary>
    public static readonly Duration Kept = Duration.FromDays(365);

    /// <summary>What of the ledger is kept above the limit, in steps that end as soon as it is met: the last week stays whatever the size.</summary>
    private static readonly Duration[] KeptAboveLimit = [Duration.FromDays(180), Duration.FromDays(90), Duration.FromDays(30), Duration.FromDays(7)];

    /// <summary>A write-ahead log longer than this is cut.</summary>
    public const long MaxLogBytes = 32 << 20;

    /// <summary>Free pages that stay for what comes next.</summary>
    public const long SparePages = 1024;

    private const int Batch = 500;
    private const int MostBatches = 200;
    private const int PagesAtOnce = 256;
    private const int MostRounds = 100;
    private readonly Channel<bool> _asked = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private volatile bool _convert;
    private volatile string? _problem;

    /// <summary>Gets an item when <see cref="AskedAsync"/> has something to do.</summary>
    public ChannelReader<bool> Asked => _asked.Reader;

    /// <summary>Why the database is larger than it may be; null while it is not.</summary>
    public string? Problem => _problem;

    /// <summary>Prunes what is older than a year and than the camera's oldest footage, and only while the clock is trusted.</summary>
    /// <returns>Rows that it deleted.</returns>
    public Task<long> PruneAsync(CancellationToken cancellation) => PruneAsync(Kept, cancellation);

    /// <summary>While the database is larger than it may be, prunes more of the ledger, oldest first, and gives all free pages back. Index, unsent events and audit log are never touched.</summary>
    /// <returns>Rows that it deleted.</returns>
    public async Task<long> KeepBelowLimitAsync(CancellationToken cancellation)
    {
        var most = limits.Current.MaxBytes;
        var size = await MeasureAsync(cancellation);
        long rows = 0;
        foreach (var kept in KeptAboveLimit)
        {
            if (size.UsedBytes <= most) break;
            rows += await PruneAsync(kept, cancellation);
            size = await MeasureAsync(cancellation);
        }

        if (size.Bytes > most)
        {
            await ShrinkAsync(0, cancellation);
            size = await MeasureAsync(cancellation);
        }

        _problem = size.Bytes <= most ? null
            : $"the database takes {size.Bytes} bytes and may take {most}: " + (
                size.UsedBytes <= most && !size.Incremental ? "it was made by an older program and gives nothing back until POST /api/v1/system/db/convert"
                : !retention.IsClockTrusted ? "nothing is pruned while the clock is in doubt"
                : "the index of stored footage, unsent events, the audit log and the last week of the ledger stay; keep less footage or raise database.max_bytes");
        return rows;
    }

    /// <summary>Asks for what <see cref="AskedAsync"/> does, soon.</summary>
    public void Ask(bool convert)
    {
        if (convert) _convert = true;
        _asked.Writer.TryWrite(true);
    }

    /// <summary>Does what was asked: converts the database when that was, and holds it against its limit.</summary>
    /// <returns>Rows that it deleted.</returns>
    public async Task<long> AskedAsync(CancellationToken cancellation)
    {
        if (_convert)
        {
            _convert = false;
            if (BytesMissingToConvert() == 0) await store.RunAloneAsync(Convert, cancellation);
        }

        return await KeepBelowLimitAsync(cancellation);
    }

    /// <summary>Bytes that must become free before the database can be converted: it is written twice, into a file of SQLite's and into its log, and a tenth more; 0 when there is room.</summary>
    public long BytesMissingToConvert() =>
        Math.Max(0, (store.FileBytes / 10 * 21) - new DriveInfo(Path.GetDirectoryName(store.FilePath)!).AvailableFreeSpace);

    private static void Convert(DbConnection db)
    {
        db.Execute("PRAGMA auto_vacuum = INCREMENTAL");
        ((SqliteConnection)db).Vacuum();
    }

    /// <summary>How large the database is now.</summary>
    public Task<DatabaseSize> MeasureAsync(CancellationToken cancellation) => store.ReadAsync(
        db =>
        {
            var page = db.ExecuteScalar<long>("PRAGMA page_size");
            var pages = db.ExecuteScalar<long>("PRAGMA page_count");
            return new DatabaseSize(pages * page, (pages - db.ExecuteScalar<long>("PRAGMA freelist_count")) * page, store.LogBytes, db.ExecuteScalar<long>("PRAGMA auto_vacuum") != 0);
        },
        cancellation);

    private async Task<long> PruneAsync(Duration kept, CancellationToken cancellation)
    {
        // The ledger is kept as long as the oldest footage, which may not be in the index yet.
        if (!retention.IsClockTrusted || store.IsFilling) return 0;
        var latest = clock.GetCurrentInstant() - kept;
        var cameras = await store.ReadAsync(db => GapPruning.Find(db, latest), cancellation);
        long all = 0;
        var batches = 0;
        foreach (var (camera, before) in cameras)
        {
            for (var rows = 1; rows > 0 && batches < MostBatches; batches++, all += rows)
                await store.EnqueueAsync(db => rows = GapPruning.Prune(db, camera, before, Batch), cancellation);
        }

        // A write may be done again when another of its group failed: it assigns, and never adds.
        var (doubts, jobs) = (0, 0);
        await store.EnqueueAsync(db => doubts = DoubtRows.Prune(db, SegmentIndex.Ns(latest), Batch), cancellation);
        await store.EnqueueAsync(db => jobs = JobRows.Prune(db, clock.GetCurrentInstant(), Batch), cancellation);
        return all + doubts + jobs;
    }

    /// <summary>Gives free pages back to the disk; a database that was made without this stays as long as it is.</summary>
    /// <returns>Pages that are still free.</returns>
    public Task<long> ShrinkAsync(CancellationToken cancellation) => ShrinkAsync(SparePages, cancellation);

    private async Task<long> ShrinkAsync(long spare, CancellationToken cancellation)
    {
        for (var round = 0; ; round++)
        {
            var (free, mode) = await store.ReadAsync(db => (db.ExecuteScalar<long>("PRAGMA freelist_count"), db.ExecuteScalar<long>("PRAGMA auto_vacuum")), cancellation);
            if (free <= spare || mode == 0 || round == MostRounds) return free;
            await store.EnqueueAsync(db => db.Execute($"PRAGMA incremental_vacuum({PagesAtOnce})"), cancellation);
        }
    }

    /// <summary>Cuts the write-ahead log when it grew; false when it is too long and a reader holds it. Blocks for as long as the disk takes.</summary>
    public bool CutLog() => store.LogBytes <= MaxLogBytes || store.CutLog();
}
