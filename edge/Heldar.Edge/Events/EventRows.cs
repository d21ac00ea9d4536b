using System.Data.Common;
using Dapper;
using Heldar.Edge.Cameras;
using Heldar.Edge.Indexer;
using NodaTime;

namespace Heldar.Edge.Events;

/// <summary>The statements of event windows. Writing ones are called within a transaction of the store's writer.</summary>
internal static class EventRows
{
    private static readonly Duration Kept = Duration.FromDays(1);

    public static IReadOnlyList<EventWindow> All(DbConnection db) =>
        [.. db.Query<(string Camera, long Reason, long Start, long Until, string Source)>("SELECT camera, reason, start_ns, until_ns, source FROM event_window ORDER BY start_ns")
            .Select(r => new EventWindow(Guid.ParseExact(r.Camera, "D"), (WishReason)r.Reason, SegmentIndex.Time(r.Start), SegmentIndex.Time(r.Until), r.Source))];

    public static void Put(DbConnection db, EventWindow w)
    {
        db.Execute("DELETE FROM event_window WHERE until_ns < @old", new { old = SegmentIndex.Ns(w.From - Kept) });
        db.Execute(
            "INSERT INTO event_window (camera, reason, start_ns, until_ns, source) VALUES (@camera, @reason, @from, @until, @source) ON CONFLICT (camera, reason, start_ns) DO UPDATE SET until_ns = excluded.until_ns",
            new { camera = w.Camera.ToString("D"), reason = (int)w.Reason, from = SegmentIndex.Ns(w.From), until = SegmentIndex.Ns(w.Until), source = w.Source });
    }
}
