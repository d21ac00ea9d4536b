namespace Heldar.Edge.Storage;

/// <summary>
/// Who reads which segment now. Retention leaves a segment alone while it is read, and a reader gets no segment that is about to go. In memory: a
/// process that ended reads nothing. Thread-safe.
/// </summary>
internal sealed class ReadLocks
{
    private readonly Lock _lock = new();
    private readonly Dictionary<Guid, int> _readers = [];
    private readonly HashSet<Guid> _leaving = [];

    /// <summary>Keeps a segment until the answer is disposed; null when it is just being deleted.</summary>
    public IDisposable? TryRead(Guid segment)
    {
        lock (_lock)
        {
            if (_leaving.Contains(segment)) return null;
            _readers[segment] = _readers.GetValueOrDefault(segment) + 1;
        }

        return new Reading(this, segment);
    }

    /// <summary>Whether somebody reads it.</summary>
    public bool IsRead(Guid segment)
    {
        lock (_lock) return _readers.ContainsKey(segment);
    }

    /// <summary>Claims a segment for deletion; false while it is read. Followed by <see cref="Left"/>.</summary>
    public bool TryLeave(Guid segment)
    {
        lock (_lock) return !_readers.ContainsKey(segment) && _leaving.Add(segment);
    }

    /// <summary>The segment is gone, or stays after all.</summary>
    public void Left(Guid segment)
    {
        lock (_lock) _leaving.Remove(segment);
    }

    private void End(Guid segment)
    {
        lock (_lock)
        {
            if (--_readers[segment] == 0) _readers.Remove(segment);
        }
    }

    private sealed class Reading(ReadLocks locks, Guid segment) : IDisposable
    {
        private int _ended;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _ended, 1) == 0) locks.End(segment);
        }
    }
}
