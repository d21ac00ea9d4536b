using System.Collections.Concurrent;

namespace Heldar.Edge.Storage;

/// <summary>Fragment jobs of one recorder, for reuse. Thread-safe.</summary>
internal sealed class FragmentPool
{
    private const int Kept = 8;
    private readonly ConcurrentQueue<FragmentJob> _free = new();

    public FragmentJob Rent()
    {
        if (!_free.TryDequeue(out var job)) job = new FragmentJob();
        job.Start();
        return job;
    }

    /// <summary>The last user gives the media back at once; the job is kept.</summary>
    public void Return(FragmentJob job)
    {
        if (!job.Leave()) return;
        job.Reset();
        if (_free.Count < Kept) _free.Enqueue(job);
    }
}
