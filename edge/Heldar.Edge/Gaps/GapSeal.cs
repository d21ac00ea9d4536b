using System.Data.Common;
using Dapper;
using Heldar.Contracts.Events;
using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using NodaTime;

namespace Heldar.Edge.Gaps;

/// <summary>A gap or a wish as the seal log must get it.</summary>
/// <param name="Kind">1 gap, 2 wish.</param>
/// <param name="Id">The gap, or the camera of the wish.</param>
/// <param name="StartNs">Begin of the wish; 0 for a gap.</param>
/// <param name="State">Revision of the gap, or end of the wish; null while the wish stands.</param>
/// <param name="Record">What is sealed; null when the row is gone.</param>
internal sealed record GapSeal(long Kind, Guid Id, long StartNs, long? State, SealRecord? Record)
{
    /// <summary>Two of one key tell of the same: the later one takes the earlier one's place.</summary>
    public (long Kind, Guid Id, long StartNs) Key => (Kind, Id, StartNs);

    public static GapSeal Of(GapData gap) => new(1, gap.Gap, 0, gap.Revision, new SealRecord { Type = SealType.Gap, Missing = gap });

    public static GapSeal Of(Guid camera, Instant from, Instant? to) =>
        new(2, camera, SegmentIndex.Ns(from), to is { } end ? SegmentIndex.Ns(end) : null, new SealRecord { Type = SealType.Wanted, Wanted = new WantedSeal(camera, from, to) });
}

/// <summary>The table <c>seal_due</c>. Writing is called within a transaction of the store's writer.</summary>
internal static class SealDueRows
{
    /// <summary>The row of a gap or a wish changed: it is due until <see cref="Done"/> says otherwise.</summary>
    public static void Put(DbConnection db, GapSeal seal) => db.Execute("INSERT OR IGNORE INTO seal_due (kind, id, start_ns) VALUES (@kind, @id, @start)", Key(seal));

    /// <summary>It is sealed, or gone; one that changed since stays due.</summary>
    public static void Done(DbConnection db, GapSeal seal) => db.Execute(
        seal switch
        {
            { Record: null } => "DELETE FROM seal_due WHERE kind = @kind AND id = @id AND start_ns = @start",
            { Kind: 1 } => "DELETE FROM seal_due WHERE kind = @kind AND id = @id AND start_ns = @start AND NOT EXISTS (SELECT 1 FROM gap WHERE id = @id AND revision IS NOT @state)",
            _ => "DELETE FROM seal_due WHERE kind = @kind AND id = @id AND start_ns = @start AND NOT EXISTS (SELECT 1 FROM wanted WHERE camera = @id AND start_ns = @start AND end_ns IS NOT @state)",
        },
        Key(seal));

    /// <summary>What is due, as the rows have it now; at most so many.</summary>
    public static IReadOnlyList<GapSeal> Read(DbConnection db, int most)
    {
        List<GapSeal> due = [];
        foreach (var (kind, id, start) in db.Query<(long, string, long)>("SELECT kind, id, start_ns FROM seal_due LIMIT @most", new { most }))
        {
            var uid = Guid.ParseExact(id, "D");
            if (kind == 1 && GapRows.ById(db, uid) is { } gap) due.Add(GapSeal.Of(gap));
            else if (kind == 2 && GapRows.WantedAt(db, uid, SegmentIndex.Time(start)) is { } wanted) due.Add(GapSeal.Of(uid, wanted.From, wanted.To));
            else due.Add(new GapSeal(kind, uid, start, null, null));
        }

        return due;
    }

    private static object Key(GapSeal seal) => new { kind = seal.Kind, id = SegmentIndex.Text(seal.Id), start = seal.StartNs, state = seal.State };
}
