using System.Diagnostics;

namespace Heldar.Local.Processes;

/// <summary>Waits for conditions of other processes, by polling with a limit.</summary>
internal static class Readiness
{
    /// <summary>Polls until <paramref name="probe"/> is true. Ends at once, with the tail of its log, when <paramref name="child"/> dies.</summary>
    /// <exception cref="ProcessException">The child ended, or the limit passed.</exception>
    public static async Task WaitAsync(string what, Func<CancellationToken, Task<bool>> probe, TimeSpan limit, ChildProcess? child, CancellationToken cancellation)
    {
        var watch = Stopwatch.StartNew();
        var pause = TimeSpan.FromMilliseconds(20);
        Exception? last = null;
        while (true)
        {
            try
            {
                if (await probe(cancellation)) return;
            }
            catch (Exception error) when (error is not OperationCanceledException || !cancellation.IsCancellationRequested)
            {
                last = error;
            }

            if (child is { HasExited: true })
                throw new ProcessException($"{child.Spec.Name} ended with code {child.ExitCode} while starting; {LogTail.Describe(child.Spec.LogFile)}");
            if (watch.Elapsed > limit)
                throw new ProcessException($"{what}: not within {limit.TotalSeconds:0} s ({last?.Message ?? "condition is false"})" + (child is null ? "" : $"; {LogTail.Describe(child.Spec.LogFile)}"));
            await Task.Delay(pause, cancellation);
            if (pause < TimeSpan.FromMilliseconds(200)) pause *= 1.5;
        }
    }
}
