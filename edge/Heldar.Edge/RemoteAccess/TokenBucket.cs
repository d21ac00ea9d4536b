namespace Heldar.Edge.RemoteAccess;

/// <summary>Limits bytes per second over all streams; a burst of at most one second. Thread-safe; waiting callers are served in turn.</summary>
internal sealed class TokenBucket(int bytesPerSecond, TimeProvider time) : IDisposable
{
    private readonly SemaphoreSlim _turn = new(1, 1);
    private double _tokens = bytesPerSecond;
    private long _last = time.GetTimestamp();

    /// <summary>Waits until <paramref name="bytes"/> may be sent; they may not be more than one second's worth.</summary>
    public async Task TakeAsync(int bytes, CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, bytesPerSecond);
        await _turn.WaitAsync(cancellation);
        try
        {
            Refill();
            if (_tokens < bytes)
            {
                await Task.Delay(TimeSpan.FromSeconds((bytes - _tokens) / bytesPerSecond), time, cancellation);
                Refill();
            }

            _tokens -= bytes;
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    private void Refill()
    {
        var now = time.GetTimestamp();
        _tokens = Math.Min(bytesPerSecond, _tokens + (time.GetElapsedTime(_last, now).TotalSeconds * bytesPerSecond));
        _last = now;
    }
}
