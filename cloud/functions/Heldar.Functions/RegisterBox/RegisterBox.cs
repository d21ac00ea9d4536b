using Heldar.Cloud.Batches;
using Heldar.Cloud.DeadLetters;
using Heldar.Cloud.Registry;
using Heldar.Contracts.Events;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;
using Npgsql;

namespace Heldar.Functions.RegisterBox;

/// <summary>Queue <c>registrations</c>: a box's signed description of itself and its cameras.</summary>
internal sealed class RegisterBox(BatchServices services) : BatchFunction(services)
{
    public override string Name => nameof(RegisterBox);

    public override string Queue => QueueNames.Registrations;

    protected override void Collect(BatchWork work, CloudEvent one, EventSource source)
    {
        if (source.Box is null) throw new RefusedException(DeadLetterReasons.ForeignSource, "a box describes itself");
        var data = one.DataAs<BoxDescribedData>();
        if (BoxRegistry.Check(data) is { } mistake) throw new RefusedException(DeadLetterReasons.BadData, mistake);
        work.Items.Add(data);
    }

    protected override void Append(NpgsqlBatch batch, BatchWork work)
    {
        foreach (var data in work.Items.OfType<BoxDescribedData>().OrderBy(d => d.BootSeq).ThenBy(d => d.Seq)) BoxRegistry.Append(batch, work.Box, data);
    }
}
