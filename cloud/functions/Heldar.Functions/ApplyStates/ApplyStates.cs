using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.States;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using NodaTime;
using Npgsql;

namespace Heldar.Functions.ApplyStates;

/// <summary>Queue <c>states</c>: camera states and box status, each applied only if newer.</summary>
internal sealed class ApplyStates(BatchServices services) : BatchFunction(services)
{
    public override string Name => nameof(ApplyStates);

    public override string Queue => QueueNames.States;

    protected override void Collect(BatchWork work, CloudEvent one, EventSource source)
    {
        if (one.Type == EventTypes.CameraState)
        {
            var state = one.DataAs<CameraStateData>();
            if (state.Camera != source.Camera) throw new RefusedException(DeadLetterReasons.ForeignSource, "the data is about another camera than the source");
            Refuse(StateStore.Check(state, work.Now));
            work.Items.Add(state);
            return;
        }

        if (source.Box is null) throw new RefusedException(DeadLetterReasons.ForeignSource, "a box's status comes from the box");
        var status = one.DataAs<BoxStatusData>();
        Refuse(StateStore.Check(status, one.Time, work.Now));
        work.Items.Add(new Status(one.Time, status));
    }

    protected override void Append(NpgsqlBatch batch, BatchWork work)
    {
        foreach (var state in work.Items.OfType<CameraStateData>()) StateStore.Append(batch, work.Box, state);
        // Within one batch only the newest status can win.
        if (work.Items.OfType<Status>().MaxBy(s => (s.Data.BootSeq, s.Data.Seq)) is { } status) StateStore.Append(batch, work.Box, status.Time, status.Data);
    }

    private static void Refuse(string? mistake)
    {
        if (mistake is not null) throw new RefusedException(DeadLetterReasons.BadData, mistake);
    }

    private sealed record Status(Instant Time, BoxStatusData Data);
}
