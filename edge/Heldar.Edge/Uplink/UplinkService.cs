using Heldar.Edge.Store;
using NodaTime;

namespace Heldar.Edge.Uplink;

/// <summary>
/// Runs the uplink's two loops from start to stop: session and sender. Stopping does not send what waits; it is on disk and goes out at the next
/// start. An unexpected error is logged and the loop goes on after 5 s: recording never depends on it.
/// </summary>
internal sealed partial class UplinkService(UplinkSession session, UplinkSender sender, UplinkState state, Pending pending, IStoreWriter store, IClock clock, ILogger<UplinkService> log) : BackgroundService
{
    private static readonly Duration AfterError = Duration.FromSeconds(5);
    private string? _told;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        await Task.Yield();
        await store.EnqueueAsync(db => state.Backlog = OutboxRows.Backlog(db), stoppingToken);
        pending.MarkAll(clock.GetCurrentInstant());
        await Task.WhenAll(
            LoopAsync(session.StepAsync, (wait, c) => Task.Delay(wait.ToTimeSpan(), c), stoppingToken),
            LoopAsync(sender.StepAsync, pending.WaitAsync, stoppingToken));
        await sender.FinishAsync();
    }

    private async Task LoopAsync(Func<CancellationToken, Task<Duration>> step, Func<Duration, CancellationToken, Task> wait, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                var pause = await StepAsync(step, stopping);
                Tell();
                if (pause > Duration.Zero) await wait(pause, stopping);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async Task<Duration> StepAsync(Func<CancellationToken, Task<Duration>> step, CancellationToken stopping)
    {
        try
        {
            return await step(stopping);
        }
        catch (Exception e) when (e is not OperationCanceledException)
        {
            state.LastError = e.Message;
            LogLoopFailed(e);
            return AfterError;
        }
    }

    private void Tell()
    {
        var now = state.LastError ?? (state.Connected ? "" : null);
        if (now is null || now == _told) return;
        if (now.Length == 0) LogConnected();
        else LogTrouble(now);
        _told = now;
    }
}
