using System.Data.Common;
using Heldar.Contracts.Events;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Store;

namespace Heldar.Edge.Gaps;

/// <summary>Brings gaps, and what was wanted, back from the seal log.</summary>
internal sealed class GapReplay(IOutbox outbox) : ISealReplay
{
    public bool Takes(SealRecord record) => record switch
    {
        { Type: SealType.Gap, Missing: { } gap } => gap.Mistake() is null,
        { Type: SealType.Pruned, Pruned: not null } => true,
        { Type: SealType.Wanted, Wanted: { } wanted } => !(wanted.To < wanted.From) && EventRules.IsTime(wanted.From) && EventRules.IsTime(wanted.To),
        _ => false,
    };

    public int Apply(DbConnection db, Guid volume, SealRecord record) => record switch
    {
        { Pruned: { } pruned } => pruned.Ledger.Count(l => GapRows.Prune(db, l.Camera, l.From)),
        { Wanted: { } wanted } => GapRows.Want(db, wanted.Camera, wanted.From, wanted.To) ? 1 : 0,
        _ => GapRows.Apply(db, outbox, record.Missing!) ? 1 : 0,
    };
}
