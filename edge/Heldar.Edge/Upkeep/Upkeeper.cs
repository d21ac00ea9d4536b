using Dapper;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Jobs;
using Heldar.Edge.Retention;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Upkeep;

/// <summary>
/// Keeps the database from growing for ever: prunes the ledger of gaps, gives free pages back to the disk, and cuts a write-ahead log that grew. All in small pieces
/// between which others write. One caller at a time.
/// </summary>
internal sealed class Upkeeper(BoxStore store, Retainer retention, IClock clock)
{
    /// <summary>Nothing younger is pruned.</summary>
    public static readonly Duration Kept = Duration.FromDays(365);

    /// <summary>A write-ahead log longer than this is cut.</summary>
    public const long MaxLogBytes = 32 << 20;

    /// <summary>Free pages that stay for what comes next.</summary>
    public const long SparePages = 1024;

    private const int Batch = 500;
    private const int MostBatches = 200;
    private const int PagesAtOnce = 256;
    private const int MostRounds = 100;

    /// <summary>Prunes what is older than a year and than the camera's oldest footage, and only while the clock is trusted.</summary>
    /// <returns>Rows that it deleted.</returns>
    public async Task<long> PruneAsync(CancellationToken cancellation)
    {
        if (!retention.IsClockTrusted) return 0;
        var latest = clock.GetCurrentInstant() - Kept;
        var cameras = await store.ReadAsync(db => GapPruning.Find(db, latest), cancellation);
        long all = 0;
        var batches = 0;
        foreach (var (camera, before) in cameras)
        {
            for (var rows = 1; rows > 0 && batches < MostBatches; batches++, all += rows)
                await store.EnqueueAsync(db => rows = GapPruning.Prune(db, camera, before, Batch), cancellation);
        }

        await store.EnqueueAsync(db => all += DoubtRows.Prune(db, SegmentIndex.Ns(latest), Batch), cancellation);
        await store.EnqueueAsync(db => all += JobRows.Prune(db, clock.GetCurrentInstant(), Batch), cancellation);
        return all;
    }

    /// <summary>Gives free pages back to the disk; a database that was made without this stays as long as it is.</summary>
    /// <returns>Pages that are still free.</returns>
    public async Task<long> ShrinkAsync(CancellationToken cancellation)
    {
        for (var round = 0; ; round++)
        {
            var (free, mode) = await store.ReadAsync(db => (db.ExecuteScalar<long>("PRAGMA freelist_count"), db.ExecuteScalar<long>("PRAGMA auto_vacuum")), cancellation);
            if (free <= SparePages || mode == 0 || round == MostRounds) return free;
            await store.EnqueueAsync(db => db.Execute($"PRAGMA incremental_vacuum({PagesAtOnce})"), cancellation);
        }
    }

    /// <summary>Cuts the write-ahead log when it grew; false when it is too long and a reader holds it. Blocks for as long as the disk takes.</summary>
    public bool CutLog() => store.LogBytes <= MaxLogBytes || store.CutLog();
}
