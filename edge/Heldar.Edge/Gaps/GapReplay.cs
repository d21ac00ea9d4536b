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
        { Type: SealType.Wanted, Wanted: { } wanted } => IsSane(wanted),
        { Type: SealType.Noted, Standing: { } standing } => standing.Cameras.All(IsSane),
        _ => false,
    };

    public int Apply(DbConnection db, Guid volume, SealRecord record) => record switch
    {
        { Pruned: { } pruned } => pruned.Ledger.Count(l => GapRows.Prune(db, l.Camera, l.From)),
        { Wanted: { } wanted } => Apply(db, wanted),
        { Standing: { } standing } => standing.Cameras.Sum(c => Apply(db, c.Wish) + Apply(db, c.Gap)),
        _ => Apply(db, record.Missing),
    };

    private static bool IsSane(WantedSeal wanted) => !(wanted.To < wanted.From) && EventRules.IsTime(wanted.From) && EventRules.IsTime(wanted.To);

    private static bool IsSane(StandingCamera? camera) =>
        camera is not null && (camera.Wish is not { } wish || (wish.Camera == camera.Camera && IsSane(wish))) && (camera.Gap is not { } gap || (gap.Camera == camera.Camera && gap.Mistake() is null));

    private static int Apply(DbConnection db, WantedSeal? wanted) => wanted is not null && GapRows.Want(db, wanted.Camera, wanted.From, wanted.To) ? 1 : 0;

    private int Apply(DbConnection db, GapData? gap) => gap is not null && GapRows.Apply(db, outbox, gap) ? 1 : 0;
}
