using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Ingest;

/// <summary>
/// Hands what one stream produces to its subscribers, and keeps the ring and the counters. Lives as long as the session, over reconnects. Written
/// by the ingest thread only; the counters may be read by any.
/// </summary>
internal sealed class StreamHub(int maxGopBytes)
{
    private readonly List<Subscription> _subscriptions = [];
    private readonly GopRing _ring = new(maxGopBytes);
    private StreamRun? _run;
    private StreamFormat? _format;
    private long _frames;
    private long _audioUnits;
    private long _bytes;

    public long Frames => Volatile.Read(ref _frames);

    public long AudioUnits => Volatile.Read(ref _audioUnits);

    public long Bytes => Volatile.Read(ref _bytes);

    public StreamFormat? Format => Volatile.Read(ref _format);

    /// <summary>A run is open: OnRun was called and OnLost not yet.</summary>
    public bool IsOpen => _run is not null;

    public void Add(Subscription subscription)
    {
        RemoveClosed();
        _subscriptions.Add(subscription);
        if (_run is null || _format is null) return;
        subscription.Run(_run);
        subscription.Format(_format);
        foreach (ref readonly var unit in _ring.Units) subscription.Unit(unit);
    }

    public void StartRun(StreamRun run)
    {
        _run = run;
        _ring.Clear();
        foreach (var subscription in _subscriptions) subscription.Run(run);
    }

    public void SetFormat(StreamFormat format)
    {
        Volatile.Write(ref _format, format);
        foreach (var subscription in _subscriptions) subscription.Format(format);
    }

    public void Publish(in AccessUnit unit)
    {
        _ring.Add(unit);
        Volatile.Write(ref _bytes, _bytes + unit.Length);
        if (unit.Track == TrackKind.Video) Volatile.Write(ref _frames, _frames + 1);
        else Volatile.Write(ref _audioUnits, _audioUnits + 1);
        var closed = false;
        foreach (var subscription in _subscriptions)
        {
            subscription.Unit(unit);
            closed |= subscription.IsClosed;
        }

        if (closed) RemoveClosed();
    }

    public void Damage(int packetsLost)
    {
        if (_run is null) return;
        foreach (var subscription in _subscriptions) subscription.Damage(packetsLost);
    }

    public void Offset(Duration offset)
    {
        if (_run is null) return;
        foreach (var subscription in _subscriptions) subscription.Offset(offset);
    }

    public void Time(Duration monotonic)
    {
        if (_run is null) return;
        foreach (var subscription in _subscriptions) subscription.Time(monotonic);
    }

    /// <summary>Ends the run, if one is open.</summary>
    public void Lose(StreamLoss loss, string cause)
    {
        if (_run is null) return;
        _run = null;
        _ring.Clear();
        foreach (var subscription in _subscriptions) subscription.Lost(loss, cause);
        RemoveClosed();
    }

    public void RemoveClosed() => _subscriptions.RemoveAll(static s => s.IsClosed);
}
