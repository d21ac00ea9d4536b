using System.Collections.Concurrent;
using System.Diagnostics;

namespace Heldar.Local.Processes;

/// <summary>
/// The one thread that forks children. A parent-death signal fires when the forking <em>thread</em> ends, not the process (prctl(2),
/// PR_SET_PDEATHSIG), so children must never be started from a pool thread. It lives as long as the process.
/// </summary>
internal static class SpawnThread
{
    private static readonly BlockingCollection<Action> Work = Begin();

    /// <summary>Starts the process on the spawn thread.</summary>
    /// <exception cref="System.ComponentModel.Win32Exception">The file cannot be executed.</exception>
    public static Task<Process> StartAsync(ProcessStartInfo info)
    {
        var done = new TaskCompletionSource<Process>(TaskCreationOptions.RunContinuationsAsynchronously);
        Work.Add(() =>
        {
            try
            {
                done.SetResult(Process.Start(info) ?? throw new InvalidOperationException($"{info.FileName} did not start"));
            }
            catch (Exception error)
            {
                done.SetException(error);
            }
        });
        return done.Task;
    }

    private static BlockingCollection<Action> Begin()
    {
        var work = new BlockingCollection<Action>(boundedCapacity: 256);
        var thread = new Thread(() =>
        {
            foreach (Action action in work.GetConsumingEnumerable()) action();
        })
        { IsBackground = true, Name = "heldar-spawn" };
        thread.Start();
        return work;
    }
}
