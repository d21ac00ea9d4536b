using Heldar.Cloud.Batches;
using Heldar.Cloud.Days;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Snapshots;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Npgsql;

namespace Heldar.Functions.IndexSnapshots;

/// <summary>Queue <c>snapshots</c>: which stills boxes have, each once.</summary>
internal sealed class IndexSnapshots(BatchServices services, DayPartitions days) : BatchFunction(services)
{
    public override string Name => nameof(IndexSnapshots);

    public override string Queue => QueueNames.Snapshots;

    protected override void Collect(BatchWork work, CloudEvent one, EventSource source)
    {
        var still = one.DataAs<SnapshotTakenData>();
        if (still.Camera != source.Camera) throw new RefusedException(DeadLetterReasons.ForeignSource, "the data is about another camera than the source");
        if ((still.Mistake() ?? DayTable.Mistake(still.TakenAt, work.Now)) is { } mistake) throw new RefusedException(DeadLetterReasons.BadData, mistake);
        if (!DayTable.Snapshot.IsPast(still.TakenAt, work.Now)) work.Items.Add(still);
    }

    protected override Task PrepareAsync(BatchWork work, CancellationToken cancellation) =>
        days.EnsureAsync(DayTable.Snapshot, work.Items.OfType<SnapshotTakenData>().Select(s => DayTable.DayOf(s.TakenAt)), cancellation);

    protected override void Append(NpgsqlBatch batch, BatchWork work) => SnapshotStore.Append(batch, work.Box, [.. work.Items.OfType<SnapshotTakenData>()]);
}
