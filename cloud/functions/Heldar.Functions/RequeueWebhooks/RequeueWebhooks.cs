using Heldar.Cloud.Webhooks;
using Heldar.Contracts.Timers;
using Heldar.Functions.Pipeline;
using NodaTime;

namespace Heldar.Functions.RequeueWebhooks;

/// <summary>Timer: deliveries that are due within a minute go into the queue, old ones are given up and forgotten.</summary>
internal sealed partial class RequeueWebhooks(Deliverer deliverer, ILogger<RequeueWebhooks> log) : ITimerFunction
{
    public string Name => nameof(RequeueWebhooks);

    public Duration Interval => TimerTable.RequeueWebhooks.Interval;

    public async Task RunAsync(CancellationToken cancellation)
    {
        var due = await deliverer.RequeueAsync(cancellation);
        if (due > 0) LogQueued(due);
    }

    [LoggerMessage(4401, LogLevel.Information, "{Count} webhook deliveries are due")]
    private partial void LogQueued(int count);
}
