using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Gaps;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Npgsql;

namespace Heldar.Functions.IndexDetections;

/// <summary>Queue <c>detections</c>: gaps, the highest revision of each. One function per queue: two would compete for its messages.</summary>
internal sealed class IndexDetections(BatchServices services) : BatchFunction(services)
{
    public override string Name => nameof(IndexDetections);

    public override string Queue => QueueNames.Detections;

    protected override void Collect(BatchWork work, CloudEvent one, EventSource source)
    {
        if (one.Type != EventTypes.Gap) throw new RefusedException(DeadLetterReasons.UnknownType, $"{one.Type} has no handler yet");
        var gap = one.DataAs<GapData>();
        if (gap.Camera != source.Camera) throw new RefusedException(DeadLetterReasons.ForeignSource, "the data is about another camera than the source");
        if (gap.Mistake() is { } mistake) throw new RefusedException(DeadLetterReasons.BadData, mistake);
        if (one.Id != EventIds.ForGap(gap.Gap, gap.Revision)) throw new RefusedException(DeadLetterReasons.BadData, "the id is not gap/type/revision");
        work.Items.Add(gap);
    }

    // Sorted, so that two handlers never deadlock; the same gap twice in one batch is two statements.
    protected override void Append(NpgsqlBatch batch, BatchWork work)
    {
        foreach (var gap in work.Items.OfType<GapData>().OrderBy(g => g.Camera).ThenBy(g => g.Gap).ThenBy(g => g.Revision)) GapStore.Append(batch, work.Box, gap);
    }
}
