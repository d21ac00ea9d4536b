using System.Data.Common;
using Dapper;
using Heldar.Edge.Cameras;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using NodaTime;

namespace Heldar.Edge.Fsck;

/// <summary>Invariant 1: every second that footage was wanted is recorded, deleted by a rule, or lies in a gap with a cause.</summary>
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
}
