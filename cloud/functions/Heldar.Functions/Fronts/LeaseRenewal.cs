using Heldar.Cloud.Queues;
using Heldar.Functions.Pipeline;

namespace Heldar.Functions.Fronts;

/// <summary>Keeps one message's lease alive while its handler runs: renews at half time. Stop it to learn the receipt that is valid now.</summary>
internal sealed class LeaseRenewal : IDisposable
{
    private readonly CancellationTokenSource _stop = new();
    private readonly Task<string> _loop;

    public LeaseRenewal(QueueStore queues, string queue, LeasedMessage message, TimeSpan lease, TimeProvider time) =>
        _loop = RunAsync(queues, queue, message, lease, time, _stop.Token);

    /// <summary>Whether renewing has stopped, because it failed or was told to.</summary>
    public bool HasEnded => _loop.IsCompleted;

    /// <summary>The newest receipt. A failed renewal shows when the receipt is used.</summary>
    public async Task<string> StopAsync()
    {
        await _stop.CancelAsync();
        return await _loop;
    }

    public void Dispose()
    {
        _stop.Cancel();
        _stop.Dispose();
    }

    private static async Task<string> RunAsync(QueueStore queues, string queue, LeasedMessage message, TimeSpan lease, TimeProvider time, CancellationToken stop)
    {
        while (true)
        {
            await Task.Delay(lease / 2, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (stop.IsCancellationRequested) return message.PopReceipt;
            try
            {
                message = message with { PopReceipt = await queues.RenewAsync(queue, message, lease, CancellationToken.None) };
            }
            catch (Exception fault) when (fault is Azure.RequestFailedException || FailurePolicy.IsTransient(fault))
            {
                return message.PopReceipt;
            }
        }
    }
}
