using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Ingest;

/// <summary>
/// One subscriber of a stream. Its lock is held during each call, so that <see cref="Dispose"/> waits for a running one; it is never contended
/// otherwise. What the subscriber throws closes it and nothing else.
/// </summary>
internal sealed class Subscription(IStreamSubscriber subscriber, Action<Exception> onFault) : IDisposable
{
    private readonly Lock _gate = new();
    private bool _closed;

    public IStreamSubscriber Subscriber => subscriber;

    public bool IsClosed => Volatile.Read(ref _closed);

    public void Dispose()
    {
        lock (_gate) _closed = true;
    }

    public void Run(StreamRun run)
    {
        lock (_gate)
        {
            if (_closed) return;
            try
            {
                subscriber.OnRun(run);
            }
            catch (Exception e)
            {
                Fault(e);
            }
        }
    }

    public void Format(StreamFormat format)
    {
        lock (_gate)
        {
            if (_closed) return;
            try
            {
                subscriber.OnFormat(format);
            }
            catch (Exception e)
            {
                Fault(e);
            }
        }
    }

    public void Unit(in AccessUnit unit)
    {
        lock (_gate)
        {
            if (_closed) return;
            try
            {
                subscriber.OnAccessUnit(unit);
            }
            catch (Exception e)
            {
                Fault(e);
            }
        }
    }

    public void Damage(int packetsLost)
    {
        lock (_gate)
        {
            if (_closed) return;
            try
            {
                subscriber.OnDamage(packetsLost);
            }
            catch (Exception e)
            {
                Fault(e);
            }
        }
    }

    public void Lost(StreamLoss loss, string cause)
    {
        lock (_gate)
        {
            if (_closed) return;
            try
            {
                subscriber.OnLost(loss, cause);
            }
            catch (Exception e)
            {
                Fault(e);
            }
        }
    }

    public void Offset(Duration offset)
    {
        lock (_gate)
        {
            if (_closed) return;
            try
            {
                subscriber.OnCameraOffset(offset);
            }
            catch (Exception e)
            {
                Fault(e);
            }
        }
    }

    public void Time(Duration monotonic)
    {
        lock (_gate)
        {
            if (_closed) return;
            try
            {
                subscriber.OnTime(monotonic);
            }
            catch (Exception e)
            {
                Fault(e);
            }
        }
    }

    private void Fault(Exception error)
    {
        _closed = true;
        try
        {
            onFault(error);
            subscriber.OnFault(error);
        }
        catch (Exception)
        {
            // Both are told that they must not throw; they must not end the ingest thread either.
        }
    }
}
