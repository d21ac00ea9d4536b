using System.Data.Common;
using Dapper;
using Heldar.Edge.Gaps;
using Heldar.Edge.Indexer;
using Heldar.Edge.Seals;
using Heldar.Edge.Storage;
using Heldar.Edge.Store;

namespace Heldar.Edge.Mirror;

/// <summary>
/// Seals on the mirror what is no footage and must come back with it: holds, gaps and wishes, each as the database has it now. Triggers say what is due, so that a
/// mirror that was away gets it later and nobody who places a hold waits for it.
/// </summary>
internal static class MirrorNotes
{
    private const int AtOnce = 200;

    public static async Task SealAsync(VolumeWriter mirror, IStoreWriter store, IStoreReader reader, CancellationToken cancellation)
    {
        while (true)
        {
            var due = await reader.ReadAsync(Due, cancellation);
            if (due.Count == 0) return;
            // Each is waited for: a disk that is full may take one and not the other.
            await Task.WhenAll(due.Select(n => n.Record).OfType<SealRecord>().Select(r => mirror.SealAsync(r, cancellation)));
            await store.EnqueueAsync(
                db =>
                {
                    foreach (var note in due) Done(db, note);
                },
                cancellation);
            if (due.Count < AtOnce) return;
        }
    }

    private static IReadOnlyList<Note> Due(DbConnection db)
    {
        List<Note> notes = [];
        foreach (var (kind, id, start) in db.Query<(long, string, long)>("SELECT kind, id, start_ns FROM mirror_due LIMIT @AtOnce", new { AtOnce }))
        {
            var uid = Guid.ParseExact(id, "D");
            if (kind == 0 && HoldRows.Find(db, uid) is { } hold)
            {
                var seal = new HoldSeal(hold.Data, hold.Level, hold.Created, hold.Segment, hold.Released, hold.ReleasedBy);
                notes.Add(new Note(kind, id, start, hold.Released is null ? 0 : 1, new SealRecord { Type = SealType.Hold, Hold = seal }));
            }
            else if (kind == 1 && GapRows.ById(db, uid) is { } gap) notes.Add(new Note(kind, id, start, gap.Revision, new SealRecord { Type = SealType.Gap, Missing = gap }));
            else if (kind == 2 && GapRows.WantedAt(db, uid, SegmentIndex.Time(start)) is { } wanted)
                notes.Add(new Note(kind, id, start, wanted.To is null ? 0 : 1, new SealRecord { Type = SealType.Wanted, Wanted = new WantedSeal(uid, wanted.From, wanted.To) }));
            else notes.Add(new Note(kind, id, start, 0, null));
        }

        return notes;
    }

    /// <summary>What changed meanwhile stays due.</summary>
    private static void Done(DbConnection db, Note note) => db.Execute(
        note switch
        {
            { Record: null } => "DELETE FROM mirror_due WHERE kind = @kind AND id = @id AND start_ns = @start",
            { Kind: 0 } => "DELETE FROM mirror_due WHERE kind = 0 AND id = @id AND EXISTS (SELECT 1 FROM hold WHERE id = @id AND (released_ns IS NOT NULL) = @state)",
            { Kind: 1 } => "DELETE FROM mirror_due WHERE kind = 1 AND id = @id AND EXISTS (SELECT 1 FROM gap WHERE id = @id AND revision = @state)",
            _ => "DELETE FROM mirror_due WHERE kind = 2 AND id = @id AND start_ns = @start AND EXISTS (SELECT 1 FROM wanted WHERE camera = @id AND start_ns = @start AND (end_ns IS NOT NULL) = @state)",
        },
        new { kind = note.Kind, id = note.Id, start = note.Start, state = note.State });

    private sealed record Note(long Kind, string Id, long Start, long State, SealRecord? Record);
}
