using Heldar.Cloud.Webhooks;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;

namespace Heldar.Functions.FanOut;

/// <summary>Queue <c>fanout</c>: one delivery for each endpoint that wants an applied event.</summary>
internal sealed class FanOut(FanOuter fanOuter, OwnMessages own) : IQueueFunction
{
    public string Name => nameof(FanOut);

    public string Queue => QueueNames.Fanout;

    public Task RunAsync(QueueMessage message, CancellationToken cancellation) => own.RunAsync(message, (m, token) => fanOuter.RunAsync(m.Body, token), cancellation);
}
