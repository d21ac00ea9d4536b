using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Holds;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using NodaTime;
using Npgsql;

namespace Heldar.Functions.ApplyHolds;

/// <summary>Queue <c>holds</c>: evidence locks placed and ended, in any order, each fact once.</summary>
internal sealed class ApplyHolds(BatchServices services) : BatchFunction(services)
{
    public override string Name => nameof(ApplyHolds);

    public override string Queue => QueueNames.Holds;

    protected override void Collect(BatchWork work, CloudEvent one, EventSource source)
    {
        if (one.Type == EventTypes.HoldReleased)
        {
            var ended = one.DataAs<HoldReleasedData>();
            Check(ended.Camera, source, ended.Mistake(), one.Id == EventIds.ForHoldEnd(ended.HoldId));
            work.Items.Add(new Fact(ended.Camera, ended.HoldId, one.Time, null, ended));
            return;
        }

        var placed = one.DataAs<HoldAppliedData>();
        Check(placed.Camera, source, placed.Mistake(), one.Id == placed.Hold.ToString("D"));
        work.Items.Add(new Fact(placed.Camera, placed.Hold, one.Time, placed, null));
    }

    // Sorted, so that two handlers never deadlock.
    protected override void Append(NpgsqlBatch batch, BatchWork work)
    {
        foreach (var fact in work.Items.OfType<Fact>().OrderBy(f => f.Camera).ThenBy(f => f.Hold))
        {
            if (fact.Placed is { } placed) HoldStore.Append(batch, work.Box, fact.Time, placed);
            if (fact.Ended is { } ended) HoldStore.Append(batch, work.Box, ended);
        }
    }

    private static void Check(Guid camera, EventSource source, string? mistake, bool rightId)
    {
        if (camera != source.Camera) throw new RefusedException(DeadLetterReasons.ForeignSource, "the data is about another camera than the source");
        if (mistake is not null) throw new RefusedException(DeadLetterReasons.BadData, mistake);
        if (!rightId) throw new RefusedException(DeadLetterReasons.BadData, "the id is not the hold's");
    }

    private sealed record Fact(Guid Camera, Guid Hold, Instant Time, HoldAppliedData? Placed, HoldReleasedData? Ended);
}
