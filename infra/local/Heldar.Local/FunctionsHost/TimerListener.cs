using NodaTime;

namespace Heldar.Local.FunctionsHost;

/// <summary>
/// The host's listener of one timer: a singleton over all hosts of the same id by a blob lease; runs never overlap; with useMonitor a run that was missed while no
/// host was there is made up once, with IsPastDue. A failed run is not retried: the next slot comes anyway.
/// </summary>
internal sealed class TimerListener(FunctionFile function, TimerBlobs blobs, Invoker invoker, IClock clock, TimeProvider time, Action<string> say)
{
    private static readonly TimeSpan Renew = TimeSpan.FromSeconds(20);

    public async Task RunAsync(CancellationToken stopping, CancellationToken work)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                if (await blobs.TryLeaseAsync(stopping)) await HoldAsync(stopping, work);
            }
            catch (OperationCanceledException) when (stopping.IsCancellationRequested)
            {
                break;
            }
            catch (Exception fault)
            {
                // Whatever it is: a timer whose listener ends would never run again, unnoticed while the others do.
                say($"{function.Name}: the timer's lease or status failed: {fault.GetType().Name}: {fault.Message.Split('\n')[0]}");
            }

            await Task.Delay(TimeSpan.FromSeconds(2), time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await blobs.ReleaseAsync();
    }

    private async Task HoldAsync(CancellationToken stopping, CancellationToken work)
    {
        var status = function.UseMonitor ? await blobs.ReadAsync(stopping) : null;
        var now = clock.GetCurrentInstant();
        if (status is not null && status.Next < now) status = await FireAsync(status, pastDue: true, work);
        while (!stopping.IsCancellationRequested)
        {
            now = clock.GetCurrentInstant();
            if (function.Schedule!.Next(now) is not { } next) return;
            if (!await WaitAsync(next, stopping)) return;
            status = await FireAsync(status, pastDue: false, work);
        }
    }

    /// <summary>Waits for a time while it keeps the lease; false when it was lost or the host stops.</summary>
    private async Task<bool> WaitAsync(Instant until, CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            var left = (until - clock.GetCurrentInstant()).ToTimeSpan();
            if (left <= TimeSpan.Zero) return true;
            await Task.Delay(left < Renew ? left : Renew, time, stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (!await blobs.RenewAsync()) return false;
        }

        return false;
    }

    private async Task<TimerStatus?> FireAsync(TimerStatus? status, bool pastDue, CancellationToken work)
    {
        var now = clock.GetCurrentInstant();
        await invoker.InvokeAsync(function, InvocationRequest.ForTimer(function, status, pastDue, now, Invoker.Random()), work);
        if (!function.UseMonitor || function.Schedule!.Next(clock.GetCurrentInstant()) is not { } next) return null;
        var written = new TimerStatus(now, next, clock.GetCurrentInstant());
        await blobs.WriteAsync(written, work);
        return written;
    }
}
