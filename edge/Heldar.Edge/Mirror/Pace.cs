using System.Diagnostics;

namespace Heldar.Edge.Mirror;

/// <summary>Holds a background reader to a number of bytes per second. One caller at a time.</summary>
internal sealed class Pace(long bytesPerSecond)
{
    private long _due = Stopwatch.GetTimestamp();

    /// <summary>Waits until so many more bytes may be read.</summary>
    public async ValueTask TakeAsync(long bytes, CancellationToken cancellation)
    {
        var now = Stopwatch.GetTimestamp();
        _due = Math.Max(_due, now) + (long)((double)bytes / bytesPerSecond * Stopwatch.Frequency);
        var wait = Stopwatch.GetElapsedTime(now, _due);
        if (wait > TimeSpan.FromMilliseconds(20)) await Task.Delay(wait, cancellation);
    }
}
