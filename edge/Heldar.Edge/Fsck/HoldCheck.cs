using System.Data.Common;
using Heldar.Edge.Indexer;
using NodaTime;

namespace Heldar.Edge.Fsck;

/// <summary>Invariant 4: nothing was deleted while a hold stood on it, and the index knows every hold.</summary>
internal static class HoldCheck
{
    public static void Run(SealedVolume log, DbConnection? db, FsckReport report, bool repaired)
    {
        foreach (var hold in log.Holds.Values)
        {
            report.Count("holds");
            foreach (var gone in log.Segments.Values)
            {
                if (gone.DeletedAt is not { } at || gone.DeletedBecause == "quarantined" || gone.Camera != hold.Data.Camera) continue;
                if (gone.End <= hold.Data.From || gone.Start >= hold.Data.To || at < hold.Created || at > (hold.Released ?? Instant.MaxValue)) continue;
                report.Add(new Finding(4, "held-deleted", gone.Path, $"it was deleted at {at} while hold {hold.Data.Hold} stood on it"));
            }

            if (db is null) continue;
            var known = HoldRows.Find(db, hold.Data.Hold);
            if (known is null) report.Add(new Finding(4, "hold-not-indexed", hold.Data.Hold.ToString("D"), "the seal log has this hold, the database has not") { Repaired = repaired });
            else if (known.Released is not null && hold.Released is null && HoldRows.IsEndSealed(db, hold.Data.Hold, log.Volume.Id))
                report.Add(new Finding(4, "hold-ended", hold.Data.Hold.ToString("D"), "the database says that this hold ended, the seal log does not"));
        }
    }
}
