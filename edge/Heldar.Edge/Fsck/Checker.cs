using System.Data.Common;
using Dapper;
using Heldar.Edge.Gaps;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Fsck;

/// <summary>
/// Checks what the invariants say about a stopped box's disks: seal logs, files, database. Only with <see cref="RunAsync"/>'s repair it changes
/// anything, and then it deletes nothing: unknown files go to quarantine, the database is brought in line with the seal logs.
/// </summary>
internal sealed class Checker(IReadOnlyList<Volume> volumes, string? database, IClock clock, ILoggerFactory logs)
{
    /// <summary>Mirrors: their seal logs and files are checked as those of other volumes; the index need not know each copy.</summary>
    public IReadOnlyList<Volume> Copies { get; init; } = [];

    /// <summary>Volumes of the settings that cannot be looked at, and why; recording does not need them.</summary>
    public IReadOnlyList<(string Path, string Cause)> Away { get; init; } = [];

    private IEnumerable<Volume> All => volumes.Concat(Copies);

    /// <summary>Looks at everything.</summary>
    /// <param name="hash">Read and hash every file as well: hours on a full disk.</param>
    /// <param name="repair">Put in order what can be.</param>
    /// <param name="say">Progress for people.</param>
    /// <param name="cancellation">Ends between files.</param>
    public async Task<FsckReport> RunAsync(bool hash, bool repair, Action<string> say, CancellationToken cancellation)
    {
        var report = new FsckReport();
        if (repair) Salvage(report, cancellation);
        foreach (var (path, cause) in Away) report.Add(new Finding(3, "volume-away", path, $"what lies on it was not checked: {cause}"));
        List<SealedVolume> read = [], copies = [];
        foreach (var volume in All)
        {
            say($"reading the seal log of {volume.Root}");
            var log = SealedVolume.Read(volume, report, cancellation);
            (Copies.Contains(volume) ? copies : read).Add(log);
            say($"{volume.Root}: {log.Segments.Count} segments were sealed; looking at the files{(hash ? " and hashing them" : "")}");
            var files = new FileCheck(log, report, hash);
            files.Run(cancellation);
            Orphans(log, files.Orphans, repair, report);
        }

        IndexCheck.Runs(read, report);
        CopyCheck.Run(read, copies, report);
        report.Count("segments", read.Sum(l => l.Segments.Values.LongCount(s => s.DeletedAt is null)));
        if (Copies.Count > 0) report.Count("copies", copies.Sum(l => l.Segments.Values.LongCount(s => s.DeletedAt is null)));
        if (database is null) return report;
        if (!File.Exists(database))
        {
            report.Add(new Finding(8, "database-missing", database, "the next start makes it anew from the seal logs; nothing is lost by that"));
            foreach (var log in read) HoldCheck.Run(log, null, report, repaired: false);
            return report;
        }

        say("comparing the database");
        if (await DamageAsync(read, copies, repair, report, cancellation) is not { } damage) return report;
        var aside = repair ? DamagedDatabase.SetAside(database, clock.GetCurrentInstant(), damage) : null;
        var kept = aside is null ? "--repair keeps it under another name" : $"it is kept as {aside}";
        report.Add(new Finding(8, "database-damaged", database, $"{damage}; {kept}, and the next start makes it anew from the seal logs") { Repaired = aside is not null });
        foreach (var log in read) HoldCheck.Run(log, null, report, repaired: false);
        return report;
    }

    /// <summary>Compares the database; answers what is damaged, or null when it could be compared.</summary>
    private async Task<string?> DamageAsync(List<SealedVolume> read, List<SealedVolume> copies, bool repair, FsckReport report, CancellationToken cancellation)
    {
        try
        {
            await using var store = BoxStore.Open(new StoreOptions { File = database! }, StoreSchema.Embedded(), logs.CreateLogger<BoxStore>());
            if (await store.ReadAsync(db => DamagedDatabase.Find((SqliteConnection)db, cancellation), cancellation) is { } damage) return damage;
            await CompareAsync(store, read, copies, repair, report, cancellation);
            return null;
        }
        catch (SqliteException e) when (e.IsDamage)
        {
            return e.Message;
        }
    }

    private static async Task CompareAsync(BoxStore store, List<SealedVolume> read, List<SealedVolume> copies, bool repair, FsckReport report, CancellationToken cancellation)
    {
        if (repair) await store.EnqueueAsync(Refresh, cancellation);
        var unsealed = await store.ReadAsync(
            db =>
            {
                foreach (var log in read)
                {
                    IndexCheck.Rows(log, db, report, repair, cancellation);
                    HoldCheck.Run(log, db, report, repair);
                }

                // Footage that only the mirror has is in the index too, and explains its seconds.
                foreach (var log in copies) IndexCheck.Rows(log, db, report, repair, cancellation, mayLackRows: true);
                IndexCheck.Kept(db, report);
                GapCheck.Run([.. read, .. copies], db, report);
                return GapCheck.Unsealed(read, db, report, repair);
            },
            cancellation);
        if (!repair || unsealed.Count == 0) return;
        await store.EnqueueAsync(
            db =>
            {
                foreach (var seal in unsealed) SealDueRows.Put(db, seal);
            },
            cancellation);
    }

    /// <summary>Figures anew from the rows; the next start reads the whole seal log and brings in whatever is missing.</summary>
    private static void Refresh(DbConnection db)
    {
        IndexCheck.Rebuild(db);
        db.Execute("DELETE FROM volume_mark");
    }

    private void Salvage(FsckReport report, CancellationToken cancellation)
    {
        foreach (var volume in All)
        {
            var unclosed = UnclosedSegments.Find(volume, wholeLog: true, cancellation).Files.Count;
            if (unclosed == 0) continue;
            using var seals = SealLog.Open(volume.Root, clock);
            new VolumeRecovery(logs.CreateLogger<VolumeRecovery>()).Run(volume, seals, cancellation, wholeLog: true);
            report.Add(new Finding(8, "unclosed", volume.Root, $"{unclosed} files that a crash or a failing disk left open were salvaged or moved to quarantine") { Repaired = true });
        }
    }

    private void Orphans(SealedVolume log, List<string> orphans, bool repair, FsckReport report)
    {
        using var seals = repair && orphans.Count > 0 ? SealLog.Open(log.Volume.Root, clock) : null;
        foreach (var path in orphans)
        {
            if (seals is not null) Quarantine.Move(log.Volume, seals, path, "no seal knows it");
            report.Add(new Finding(8, "orphan", path, seals is null ? "no seal knows this segment; --repair moves it to quarantine" : "no seal knows this segment; moved to quarantine") { Repaired = seals is not null });
        }

        seals?.Flush();
    }
}
