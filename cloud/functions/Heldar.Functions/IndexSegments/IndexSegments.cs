using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Index;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using NodaTime;
using Npgsql;

namespace Heldar.Functions.IndexSegments;

/// <summary>Queue <c>segments</c>: inserts closed and revised segments into landing, and deletions as tombstones.</summary>
internal sealed class IndexSegments(BatchServices services) : BatchFunction(services)
{
    public override string Name => nameof(IndexSegments);

    public override string Queue => QueueNames.Segments;

    protected override void Collect(BatchWork work, CloudEvent one, EventSource source)
    {
        if (one.Type == EventTypes.FootageDeleted)
        {
            var deleted = one.DataAs<FootageDeletedData>();
            if (deleted.Camera != source.Camera) throw new RefusedException(DeadLetterReasons.ForeignSource, "the data is about another camera than the source");
            if (Tombstones.Check(deleted, one.Time, work.Now) is { } wrong) throw new RefusedException(DeadLetterReasons.BadData, wrong);
            work.Items.Add(new Deletion(one.Id, one.Time, deleted));
            return;
        }

        var data = one.DataAs<SegmentData>();
        if (data.Camera != source.Camera) throw new RefusedException(DeadLetterReasons.ForeignSource, "the data is about another camera than the source");
        if (LandingRow.Check(data, work.Now, out var sha256, out var root) is { } mistake) throw new RefusedException(DeadLetterReasons.BadData, mistake);
        if (one.Id != EventIds.ForSegment(data.Segment, one.Type, data.Revision)) throw new RefusedException(DeadLetterReasons.BadData, "the id is not segment/type/revision");
        work.Items.Add(new LandingRow(work.Box.Box, data, sha256, root));
    }

    protected override void Append(NpgsqlBatch batch, BatchWork work)
    {
        SegmentLanding.Append(batch, work.Box.Tenant, work.Box.Box, work.Now.InUtc().Date, [.. work.Items.OfType<LandingRow>()]);
        foreach (var deletion in work.Items.OfType<Deletion>()) Tombstones.Append(batch, work.Box.Tenant, deletion.Id, deletion.At, deletion.Data);
    }

    private sealed record Deletion(string Id, Instant At, FootageDeletedData Data);
}
