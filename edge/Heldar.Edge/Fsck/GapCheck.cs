using System.Data.Common;
using Dapper;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Settings;
using Heldar.Edge.Storage;
using NodaTime;

namespace Heldar.Edge.Fsck;

/// <summary>
/// Invariant 1: every second that footage was wanted is recorded, deleted by a rule, or lies in a gap with a cause. Invariant 8: the seal logs say so as well, or the box knows
/// that they have still to.
/// </summary>
internal static class GapCheck
{
    /// <summary>An unexplained stretch up to this long is the uncertainty of a crash.</summary>
    private static readonly Duration Allowed = Duration.FromSeconds(2) + SpanRows.Tolerance;

    public static void Run(IReadOnlyList<SealedVolume> logs, DbConnection db, FsckReport report)
    {
        foreach (var (text, seen) in db.Query<(string Camera, long Seen)>("SELECT camera, seen_ns FROM recorded_mark"))
        {
            if (!Guid.TryParseExact(text, "D", out var camera)) continue;
            report.Count("cameras");
            var (from, to) = (Instant.FromUnixTimeTicks(0), SegmentIndex.Time(seen));
            var wanted = Stretch.Merge(GapRows.Wanted(db, camera, from, to));
            var footage = Stretch.Merge(
                logs.SelectMany(l => l.Segments.Values).Where(s => s.Camera == camera).Select(s => new Stretch(s.Start, s.End)), SpanRows.Tolerance);
            var gaps = GapRows.Pages(db, camera, from, to).Select(g => new Stretch(g.Start, g.End ?? to));
            foreach (var hole in Stretch.Without(Stretch.Without(wanted, footage), Stretch.Merge(gaps, SpanRows.Tolerance)))
            {
                if (hole.End - hole.Start > Allowed)
                    report.Add(new Finding(1, "gap-unexplained", text, $"from {hole.Start} to {hole.End} ({(hole.End - hole.Start).TotalSeconds:0.0} s) footage was wanted, is not there, and no gap says why"));
            }
        }
    }

    /// <summary>Gaps and wishes whose newest state no seal log has, so that a lost database would lose it.</summary>
    /// <returns>What is to be sealed; empty when a volume that the box records to was not looked at.</returns>
    public static IReadOnlyList<GapSeal> Unsealed(IReadOnlyList<SealedVolume> logs, DbConnection db, FsckReport report, bool repaired)
    {
        if (VolumeRows.Read(db).Any(v => v.Role == VolumeAdmission.Word(VolumeRole.Primary) && logs.All(l => l.Volume.Id != v.Id))) return [];
        var due = db.Query<(long Kind, string Id, long Start)>("SELECT kind, id, start_ns FROM seal_due").ToHashSet();
        List<GapSeal> unsealed = [];
        foreach (var (id, camera, revision, end) in db.Query<(string, string, long, long?)>("SELECT id, camera, revision, end_ns FROM gap", buffered: false))
        {
            if (due.Contains((1, id, 0)) || !Guid.TryParseExact(id, "D", out var gap) || !Matters(logs, camera, end) || logs.Any(l => l.Gaps.GetValueOrDefault(gap) >= revision)) continue;
            unsealed.Add(new GapSeal(1, gap, 0, revision, null));
            report.Add(new Finding(8, "gap-not-sealed", id, $"revision {revision} of this gap of camera {camera} is in no seal log; {Fix(repaired)}") { Repaired = repaired });
        }

        foreach (var (camera, start, end) in db.Query<(string, long, long?)>("SELECT camera, start_ns, end_ns FROM wanted", buffered: false))
        {
            if (due.Contains((2, camera, start)) || !Guid.TryParseExact(camera, "D", out var uid) || !Matters(logs, camera, end)) continue;
            var from = SegmentIndex.Time(start);
            if (logs.Any(l => l.Wishes.TryGetValue((uid, from), out var ended) && (ended || end is null))) continue;
            unsealed.Add(new GapSeal(2, uid, start, end, null));
            report.Add(new Finding(8, "gap-not-sealed", camera, $"that footage was wanted from {from} on{(end is null ? "" : ", or until when,")} is in no seal log; {Fix(repaired)}") { Repaired = repaired });
        }

        return unsealed;
    }

    private static string Fix(bool repaired) => repaired ? "the next start seals it" : "--repair has the next start seal it";

    private static bool Matters(IReadOnlyList<SealedVolume> logs, string camera, long? end) =>
        end is not { } at || !Guid.TryParseExact(camera, "D", out var uid) || !logs.Any(l => l.Begins.TryGetValue(uid, out var begin) && SegmentIndex.Time(at) <= begin);
}
