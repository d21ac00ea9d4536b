using System.Collections.Concurrent;

namespace Heldar.Edge.Storage;

/// <summary>
/// Calls of the operating system that a disk may never answer, for those who look after several disks: each is waited for at most <see cref="VolumeWriter.Patience"/>, and while one that was
/// given up has not come back, nothing more is asked of its disk. What was asked may still be done later. Thread-safe.
/// </summary>
internal sealed class DiskWork
{
    private readonly ConcurrentDictionary<Guid, Task> _stuck = new();

    /// <summary>Does something to a disk.</summary>
    /// <exception cref="IOException">It failed, or the disk does not answer.</exception>
    public async Task RunAsync(Volume volume, Action work, CancellationToken cancellation)
    {
        ThrowIfStuck(volume);
        var asked = Task.Run(work, CancellationToken.None);
        try
        {
            await asked.WaitAsync(VolumeWriter.Patience, cancellation);
        }
        catch (TimeoutException e)
        {
            throw Stuck(volume, asked, e);
        }
    }

    /// <summary>Free and total bytes of a disk.</summary>
    /// <exception cref="IOException">They cannot be told, or the disk does not answer.</exception>
    public (long Free, long Total) Space(Volume volume)
    {
        ThrowIfStuck(volume);
        var asked = Task.Run(volume.Space, CancellationToken.None);
        // Its own exception comes from GetResult, not wrapped.
        if (Task.WaitAny([asked], VolumeWriter.Patience) < 0) throw Stuck(volume, asked);
        return asked.GetAwaiter().GetResult();
    }

    private void ThrowIfStuck(Volume volume)
    {
        if (!_stuck.TryGetValue(volume.Id, out var asked)) return;
        if (!asked.IsCompleted) throw Silent(volume);
        _stuck.TryRemove(volume.Id, out _);
    }

    private IOException Stuck(Volume volume, Task asked, Exception? e = null)
    {
        // Nobody waits for it any more; what it says then is of no use.
        _stuck[volume.Id] = asked;
        return Silent(volume, e);
    }

    private static IOException Silent(Volume volume, Exception? e = null) => new($"the disk of {volume.Root} does not answer", e);
}
