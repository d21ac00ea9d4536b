using Heldar.Media.Rtp;
using NodaTime;

namespace Heldar.Media.Replay;

/// <summary>
/// Finds the camera's time of each access unit of one track: the stamp of its first packet, else the newest sender report. One thread.
/// </summary>
/// <param name="rate">RTP clock in Hz.</param>
/// <param name="near">A time near the footage, for the NTP era.</param>
internal sealed class ReplayClock(int rate, Instant near)
{
    /// <summary>Units are whole when the next one begins: two stamps would do.</summary>
    private const int Kept = 16;

    private readonly (uint Timestamp, ReplayStamp Stamp)[] _stamps = new (uint, ReplayStamp)[Kept];
    private long _count;
    private SenderReport? _report;
    private bool _unwrapping;
    private uint _last;
    private long _unwrapped;

    /// <summary>Takes the stamp of a packet, if it has one.</summary>
    public void Stamp(ReadOnlySpan<byte> packet)
    {
        if (ReplayExtension.TryRead(packet, near, out var timestamp, out var stamp)) _stamps[_count++ % Kept] = (timestamp, stamp);
    }

    public void Report(SenderReport report)
    {
        if (report.Ntp != 0) _report = report;
    }

    /// <summary>The stamp of a unit; null when nothing says when it was taken.</summary>
    public ReplayStamp? Find(in TrackUnit unit)
    {
        for (var back = 1; back <= Math.Min(_count, Kept); back++)
        {
            var (timestamp, stamp) = _stamps[(_count - back) % Kept];
            if (timestamp == unit.RtpTimestamp) return stamp;
        }

        if (_report is not { } report) return null;
        var ticks = (int)(unit.RtpTimestamp - report.Timestamp);
        return new ReplayStamp(report.TimeNear(near) + Duration.FromNanoseconds((long)ticks * 1_000_000_000 / rate), false, false, false);
    }

    /// <summary>The RTP timestamp without its wrap.</summary>
    public long Unwrap(uint timestamp)
    {
        _unwrapped = _unwrapping ? _unwrapped + (int)(timestamp - _last) : timestamp;
        (_unwrapping, _last) = (true, timestamp);
        return _unwrapped;
    }
}
