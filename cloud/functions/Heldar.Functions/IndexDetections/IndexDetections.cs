using Heldar.Cloud.Batches;
using Heldar.Cloud.Days;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Detections;
using Heldar.Cloud.Gaps;
using Heldar.Cloud.Zones;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using NodaTime;
using Npgsql;

namespace Heldar.Functions.IndexDetections;

/// <summary>Queue <c>detections</c>: gaps, the highest revision of each; detections and zone events, each once. One function per queue: two would compete for its messages.</summary>
internal sealed class IndexDetections(BatchServices services, DayPartitions days) : BatchFunction(services)
{
    public override string Name => nameof(IndexDetections);

    public override string Queue => QueueNames.Detections;

    protected override void Collect(BatchWork work, CloudEvent one, EventSource source)
    {
        switch (one.Type)
        {
            case EventTypes.Gap:
                var gap = one.DataAs<GapData>();
                Check(gap.Camera, source, gap.Mistake() ?? DayTable.Mistake(gap.Start, work.Now) ?? (gap.End is { } end ? DayTable.Mistake(end, work.Now) : null));
                if (one.Id != EventIds.ForGap(gap.Gap, gap.Revision)) throw new RefusedException(DeadLetterReasons.BadData, "the id is not gap/type/revision");
                work.Items.Add(gap);
                break;
            case EventTypes.Detection:
                var seen = one.DataAs<DetectionData>();
                Check(seen.Camera, source, seen.Mistake() ?? DayTable.Mistake(seen.Timestamp, work.Now));
                if (!DayTable.Detection.IsPast(seen.Timestamp, work.Now)) work.Items.Add(new DetectionRow(one.Id, seen));
                break;
            case EventTypes.Zone:
                var zone = one.DataAs<ZoneData>();
                Check(zone.Camera, source, zone.Mistake() ?? DayTable.Mistake(zone.Timestamp, work.Now));
                if (!DayTable.ZoneEvent.IsPast(zone.Timestamp, work.Now)) work.Items.Add(new ZoneRow(one.Id, zone));
                break;
            default:
                throw new RefusedException(DeadLetterReasons.UnknownType, $"{one.Type} has no handler here");
        }
    }

    protected override async Task PrepareAsync(BatchWork work, CancellationToken cancellation)
    {
        await days.EnsureAsync(DayTable.Detection, Days(work.Items.OfType<DetectionRow>().Select(r => r.Data.Timestamp)), cancellation);
        await days.EnsureAsync(DayTable.ZoneEvent, Days(work.Items.OfType<ZoneRow>().Select(r => r.Data.Timestamp)), cancellation);
    }

    // Sorted, so that two handlers never deadlock; the same gap twice in one batch is two statements.
    protected override void Append(NpgsqlBatch batch, BatchWork work)
    {
        foreach (var gap in work.Items.OfType<GapData>().OrderBy(g => g.Camera).ThenBy(g => g.Gap).ThenBy(g => g.Revision)) GapStore.Append(batch, work.Box, gap);
        DetectionStore.Append(batch, work.Box, [.. work.Items.OfType<DetectionRow>()]);
        ZoneStore.Append(batch, work.Box, [.. work.Items.OfType<ZoneRow>()]);
    }

    private static IEnumerable<LocalDate> Days(IEnumerable<Instant> times) => times.Select(DayTable.DayOf);

    private static void Check(Guid camera, EventSource source, string? mistake)
    {
        if (camera != source.Camera) throw new RefusedException(DeadLetterReasons.ForeignSource, "the data is about another camera than the source");
        if (mistake is not null) throw new RefusedException(DeadLetterReasons.BadData, mistake);
    }
}
