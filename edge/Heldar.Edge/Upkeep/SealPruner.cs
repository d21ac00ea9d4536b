using System.Data.Common;
using Dapper;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Retention;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Upkeep;

/// <summary>
/// Takes whole files off the beginning of a volume's seal log that no footage is left of: every segment that they tell of is neither in the index nor on the disk. Holds that
/// stand and what the ledger still needs are sealed again first, then a seal names the last line that goes, so that the chain has an anchor; each of them is on disk before a
/// file goes. A crash in between leaves files that the next round takes. Only while the clock is trusted and the volume works. One caller per volume at a time.
/// </summary>
internal sealed class SealPruner(IStoreReader reader, Retainer retention)
{
    /// <summary>Files that stay whatever they tell of: a start reads the newest three.</summary>
    public const int Newest = 4;
    private const int MostFiles = 200;
    private const int MostCarried = 10_000;

    /// <summary>Prunes one volume; answers how many files went.</summary>
    /// <exception cref="IOException">The volume failed; what was not sealed has not gone.</exception>
    public async Task<int> PruneAsync(VolumeWriter writer, CancellationToken cancellation)
    {
        var root = writer.Volume.Root;
        if (writer.Fault != VolumeFault.None || !retention.IsClockTrusted || !reader.IsWhole || await reader.ReadAsync(db => SegmentRows.ReadMark(db, writer.Volume.Id), cancellation) is not { } mark) return 0;
        List<(string File, long Seq, string Hash)> dead = [];
        var told = new Told();
        foreach (var file in SealFiles.Hours(root).SkipLast(Newest).Where(f => string.CompareOrdinal(f, mark) < 0).Take(MostFiles))
        {
            if (!await IsDeadAsync(writer.Volume, file, told, cancellation) || SealReader.LastWholeLine(SealFiles.PathOf(root, file)).Last is not { } last) break;
            dead.Add((file, last.Seq, last.Hash));
            if (told.Count > MostCarried) break;
        }

        if (dead.Count == 0) return 0;
        var (carried, ledger) = await reader.ReadAsync(db => (told.Left(db), Ledger(db)), cancellation);
        // Each is waited for: a disk that is full may take one and not the other, and what it did not take must not go with the files.
        await Task.WhenAll(carried.Select(r => writer.SealAsync(r, cancellation)));
        await Task.WhenAll(dead.Select(d => writer.SealAsync(Pruned(d), cancellation)));
        foreach (var (file, _, _) in dead) Remove(root, file);
        return dead.Count;

        SealRecord Pruned((string File, long Seq, string Hash) last) => new() { Type = SealType.Pruned, Pruned = new PrunedSeal(last.Seq, last.Hash, ledger) };
    }

    /// <summary>Whether no footage is left of a file, and its lines are as they were written: what was changed is kept, to be looked at.</summary>
    private async Task<bool> IsDeadAsync(Volume volume, string file, Told told, CancellationToken cancellation)
    {
        List<Guid> segments = [];
        var seals = new SealReader(volume.Root);
        foreach (var (hour, record) in seals.Read(file, cancellation, SealReader.NoFragments))
        {
            if (hour != file) break;
            if ((record.Opened?.Segment ?? record.Data?.Segment) is { } segment)
            {
                segments.Add(segment);
                if (record.Path is { } path && File.Exists(volume.Resolve(path))) return false;
            }

            told.Take(record);
        }

        return seals.Problems.Count == 0 && await reader.ReadAsync(db => SegmentRows.Known(db, segments).Count == 0, cancellation);
    }

    private static List<LedgerBegin> Ledger(DbConnection db) =>
        [.. db.Query<(string Camera, long From)>("SELECT camera, start_ns FROM (SELECT t.camera, (SELECT min(start_ns) FROM segment s WHERE s.camera = t.camera) AS start_ns FROM camera_total t) WHERE start_ns IS NOT NULL")
            .Select(r => new LedgerBegin(Guid.ParseExact(r.Camera, "D"), SegmentIndex.Time(r.From)))];

    private static void Remove(string root, string file)
    {
        var path = SealFiles.PathOf(root, file);
        File.Delete(path);
        for (var folder = Path.GetDirectoryName(path)!; Path.GetFileName(folder) != SealFiles.Folder && !Directory.EnumerateFileSystemEntries(folder).Any(); folder = Path.GetDirectoryName(folder)!)
            Directory.Delete(folder);
    }

    /// <summary>What files tell of besides footage.</summary>
    private sealed class Told
    {
        private readonly HashSet<Guid> _holds = [];
        private readonly HashSet<Guid> _gaps = [];
        private readonly HashSet<(Guid Camera, Instant From)> _wanted = [];

        public int Count => _holds.Count + _gaps.Count + _wanted.Count;

        public void Take(SealRecord record)
        {
            if (record.Hold is { } hold) _holds.Add(hold.Data.Hold);
            if (record.Missing is { } gap) _gaps.Add(gap.Gap);
            if (record.Wanted is { } wanted) _wanted.Add((wanted.Camera, wanted.From));
        }

        /// <summary>What of it still matters, as it is now: holds that stand, gaps and wishes of the time that there is footage of.</summary>
        public List<SealRecord> Left(DbConnection db)
        {
            var begins = Ledger(db).ToDictionary(l => l.Camera, l => l.From);
            bool Matters(Guid camera, Instant? end) => end is not { } at || !begins.TryGetValue(camera, out var begin) || at > begin;
            var holds = _holds.Order().Select(id => HoldRows.Find(db, id)).OfType<Hold>().Where(h => h.Released is null)
                .Select(h => new SealRecord { Type = SealType.Hold, Hold = new HoldSeal(h.Data, h.Level, h.Created, h.Segment) });
            var gaps = _gaps.Order().Select(id => GapRows.ById(db, id)).Where(g => g is not null && Matters(g.Camera, g.End)).Select(g => new SealRecord { Type = SealType.Gap, Missing = g });
            var wanted = _wanted.Order().Select(w => (w.Camera, Now: GapRows.WantedAt(db, w.Camera, w.From))).Where(w => w.Now is { } now && Matters(w.Camera, now.To))
                .Select(w => new SealRecord { Type = SealType.Wanted, Wanted = new WantedSeal(w.Camera, w.Now!.Value.From, w.Now.Value.To) });
            return [.. holds, .. gaps, .. wanted];
        }
    }
}
