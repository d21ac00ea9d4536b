using System.Data.Common;
using System.Text;
using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Audit;

/// <summary>What a walk along the chain found.</summary>
/// <param name="Entries">Rows that were read and fit.</param>
/// <param name="Anchor">Where the chain begins: the number of the last row that made room, 0 for none.</param>
/// <param name="Head">Hash of the last row that fits. Kept elsewhere, it later proves that nothing before it was changed or cut off.</param>
/// <param name="FirstBroken">The first row that was changed, or that is missing; null when the chain is sound.</param>
/// <param name="HeadFound">Whether the head that the caller remembered is in the chain; null when he named none.</param>
internal sealed record AuditVerdict(long Entries, long Anchor, string Head, long? FirstBroken, bool? HeadFound)
{
    public bool Sound => FirstBroken is null && HeadFound is not false;
}

/// <summary>
/// The hash-chained log in the box's database. The store's one writer appends, so that the chain has one order. The oldest rows make room by number, never
/// by age: a clock deletes no entry. Thread-safe.
/// </summary>
internal sealed class AuditLog(IStoreWriter store, IStoreReader reader, IClock clock, int kept = AuditLog.Kept) : IAuditLog
{
    /// <summary>Rows that are kept, about 100 MiB.</summary>
    public const int Kept = 300_000;

    /// <summary>Rows that make room at a time.</summary>
    public const int Block = 1000;

    /// <summary>Most rows of one page.</summary>
    public const int MaxPage = 1000;

    public void Append(DbConnection tx, AuditEntry entry) => Append(tx, entry, clock.GetCurrentInstant(), kept);

    /// <summary>The same for whoever writes to the database without a box around it.</summary>
    /// <exception cref="ArgumentException">The action is no stable word.</exception>
    public static void Append(DbConnection tx, AuditEntry entry, Instant now, int kept)
    {
        if (!IsWord(entry.Action)) throw new ArgumentException($"'{entry.Action}' is no stable word for an action", nameof(entry));
        var last = AuditRows.Last(tx);
        var row = new AuditRow(last.Seq + 1, now, Text(entry.Actor.Name, 128), entry.Action, Text(entry.Target, 256), entry.Camera, AuditDetail.Write(entry.Detail, entry.Actor.From), "");
        AuditRows.Insert(tx, row with { Hash = row.HashAfter(last.Hash) });
        if (row.Seq % Block == 0 && row.Seq - kept > 0) AuditRows.DropThrough(tx, row.Seq - kept);
    }

    public Task AppendAsync(AuditEntry entry, CancellationToken cancellation = default) => store.EnqueueAsync(db => Append(db, entry), cancellation);

    /// <summary>A page, newest first.</summary>
    /// <param name="before">Only rows below this number; null for the newest.</param>
    /// <param name="camera">Only rows about this camera.</param>
    /// <param name="limit">Most rows, 1 to <see cref="MaxPage"/>.</param>
    /// <param name="cancellation">Ends the search.</param>
    public Task<IReadOnlyList<AuditRow>> PageAsync(long? before, Guid? camera, int limit, CancellationToken cancellation) =>
        reader.ReadAsync(db => AuditRows.Before(db, before ?? long.MaxValue, camera, Math.Clamp(limit, 1, MaxPage)), cancellation);

    /// <summary>Walks the whole chain and names the first row that does not fit.</summary>
    /// <param name="head">A head that the caller remembers; the chain must still hold it.</param>
    /// <param name="cancellation">Ends the walk.</param>
    public async Task<AuditVerdict> VerifyAsync(string? head, CancellationToken cancellation)
    {
        var anchor = await reader.ReadAsync(AuditRows.Anchor, cancellation);
        var (seq, hash, entries) = (anchor.Seq, anchor.Hash, 0L);
        var found = head is null ? (bool?)null : head == anchor.Hash;
        while (true)
        {
            var (from, rows) = (seq, await reader.ReadAsync(db => AuditRows.After(db, seq, Block), cancellation));
            foreach (var row in rows)
            {
                if (row.Seq != seq + 1 || row.HashAfter(hash) != row.Hash)
                {
                    // The old end moved on meanwhile: begin where it is now.
                    if (await reader.ReadAsync(AuditRows.Anchor, cancellation) is { } moved && moved.Seq > anchor.Seq && moved.Seq > from) return await VerifyAsync(head, cancellation);
                    return new AuditVerdict(entries, anchor.Seq, hash, seq + 1, found);
                }

                (seq, hash, entries) = (row.Seq, row.Hash, entries + 1);
                if (hash == head) found = true;
            }

            if (rows.Count < Block) return new AuditVerdict(entries, anchor.Seq, hash, null, found);
        }
    }

    private static bool IsWord(string text) => text is { Length: >= 3 and <= 64 } && text.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '.' or '_');

    /// <summary>One printable line: an entry must not draw others on a terminal, and half a surrogate has no UTF-8.</summary>
    private static string Text(string text, int most)
    {
        var clean = new StringBuilder(Math.Min(text.Length, most));
        foreach (var rune in text.EnumerateRunes())
        {
            if (clean.Length + rune.Utf16SequenceLength > most) break;
            var hidden = Rune.GetUnicodeCategory(rune) is System.Globalization.UnicodeCategory.Control or System.Globalization.UnicodeCategory.Format
                or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator;
            clean.Append(hidden ? "\uFFFD" : rune.ToString());
        }

        return clean.ToString();
    }
}
