namespace Heldar.Edge.Storage;

/// <summary>Rung when a disk is full, so that whoever makes room does not wait for its next round. Thread-safe; never blocks.</summary>
internal sealed class SpaceAlarm : IDisposable
{
    private readonly SemaphoreSlim _rung = new(0, 1);
    private readonly Lock _lock = new();

    /// <summary>Room is needed now.</summary>
    public void Ring()
    {
        lock (_lock)
        {
            if (_rung.CurrentCount == 0) _rung.Release();
        }
    }

    /// <summary>Waits for the alarm, or for the time; true when it rang.</summary>
    public Task<bool> WaitAsync(TimeSpan time, CancellationToken cancellation) => _rung.WaitAsync(time, cancellation);

    public void Dispose() => _rung.Dispose();
}
