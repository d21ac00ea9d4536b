namespace Heldar.Edge.Anr;

/// <summary>Shares out the bytes per second that refilling may write. Thread-safe.</summary>
internal sealed class RefillPace(long bytesPerSecond, TimeProvider time)
{
    private readonly Lock _gate = new();
    private long _freeAt;

    /// <summary>Waits until so many bytes may be written.</summary>
    public async ValueTask TakeAsync(int bytes, CancellationToken cancellation)
    {
        TimeSpan wait;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            _freeAt = Math.Max(_freeAt, now) + (long)((double)bytes / bytesPerSecond * time.TimestampFrequency);
            wait = time.GetElapsedTime(now, _freeAt);
        }

        if (wait > TimeSpan.FromMilliseconds(10)) await Task.Delay(wait, time, cancellation);
    }
}
