using Heldar.Cloud.Webhooks;
using Heldar.Contracts.Queues;
using Heldar.Functions.Pipeline;

namespace Heldar.Functions.DeliverWebhook;

/// <summary>Queue <c>webhooks</c>: one attempt of one delivery. A receiver's failure is a row and a later message, never a fault of this function.</summary>
internal sealed class DeliverWebhook(Deliverer deliverer, OwnMessages own) : IQueueFunction
{
    public string Name => nameof(DeliverWebhook);

    public string Queue => QueueNames.Webhooks;

    public Task RunAsync(QueueMessage message, CancellationToken cancellation) => own.RunAsync(message, (m, token) => deliverer.RunAsync(m.Body, token), cancellation);
}
