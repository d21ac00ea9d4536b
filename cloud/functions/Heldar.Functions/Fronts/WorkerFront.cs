using Heldar.Cloud.Queues;
using Heldar.Functions.Pipeline;
using Heldar.Functions.Settings;

namespace Heldar.Functions.Fronts;

/// <summary>Front B: one listener for each queue and one loop for the timers, for Container Apps or Kubernetes with KEDA and for on-premises use.</summary>
internal sealed partial class WorkerFront(FunctionTable table, QueueStore queues, FunctionsOptions options, TimerGate gate, TimeProvider time, ILogger<WorkerFront> log) : BackgroundService
{
    private static readonly TimeSpan Tick = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var listeners = table.Queues.Values.Select(f => new WorkerQueue(f, table.QueueOf(f), queues, options, time, log).RunAsync(stoppingToken));
        await Task.WhenAll([.. listeners, .. table.Timers.Values.Select(t => TimerAsync(t, stoppingToken))]);
    }

    /// <summary>Offers a timer to the gate each second; the gate says whether it is due and nobody runs it.</summary>
    private async Task TimerAsync(ITimerFunction timer, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await gate.RunIfDueAsync(timer, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
            catch (Exception fault)
            {
                LogTimer(timer.Name, fault.Message);
            }

            await Task.Delay(Tick, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    [LoggerMessage(4304, LogLevel.Warning, "timer {Timer} failed and will run again: {Cause}")]
    private partial void LogTimer(string timer, string cause);
}
