using NodaTime;

namespace Heldar.Edge.Storage;

/// <summary>Bytes per second that are written, smoothed over minutes: what a projection needs. One caller at a time.</summary>
internal sealed class WriteRate
{
    private static readonly Duration Memory = Duration.FromMinutes(10);
    private Instant? _from;
    private Instant _at;
    private long _bytes;

    /// <summary>Null until ten seconds were seen.</summary>
    public double? BytesPerSecond { get; private set; }

    /// <summary>Takes the count of bytes written so far.</summary>
    public void Take(long written, Instant now)
    {
        if (_from is not { } from || now < _at || written < _bytes)
        {
            (_from, _at, _bytes) = (now, now, written);
            return;
        }

        var passed = now - _at;
        if (passed < Duration.FromSeconds(10)) return;
        var rate = (written - _bytes) / passed.TotalSeconds;
        // In the beginning all that was seen counts the same; later what is older than the memory fades.
        var window = Duration.Min(Memory, now - from).TotalSeconds;
        var weight = BytesPerSecond is null ? 1 : Math.Min(1, passed.TotalSeconds / window);
        BytesPerSecond = rate * weight + (BytesPerSecond ?? 0) * (1 - weight);
        (_at, _bytes) = (now, written);
    }
}
