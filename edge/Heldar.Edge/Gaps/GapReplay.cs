using System.Data.Common;
using Heldar.Edge.Recovery;
using Heldar.Edge.Seals;
using Heldar.Edge.Store;

namespace Heldar.Edge.Gaps;

/// <summary>Brings gaps back from the seal log.</summary>
internal sealed class GapReplay(IOutbox outbox) : ISealReplay
{
    public bool Takes(SealRecord record) => record is { Type: SealType.Gap, Missing: { } gap } && gap.Mistake() is null;

    public int Apply(DbConnection db, Guid volume, SealRecord record) => GapRows.Apply(db, outbox, record.Missing!) ? 1 : 0;
}
