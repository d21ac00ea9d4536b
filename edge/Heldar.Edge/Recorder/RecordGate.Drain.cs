using Heldar.Edge.PreRoll;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>The way from the ring to the recorder: on a thread of its own, for it may wait for the disk.</summary>
internal sealed partial class RecordGate
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(20);
    private static readonly TimeSpan LastDrain = TimeSpan.FromSeconds(4);

    /// <summary>Gives the recorder what the ring still has, for a few seconds at most, and ends. The stream must have ended.</summary>
    public async ValueTask DisposeAsync()
    {
        Task draining;
        lock (_gate) draining = _draining;
        _stop.CancelAfter(LastDrain);
        await draining;
        lock (_gate)
        {
            _state = State.Closed;
            _ring?.Dispose();
            _ring = null;
        }

        _stop.Dispose();
    }

    private async Task DrainAsync(Task before, PreRollRing ring)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        using var copier = _rings.Copier();
        try
        {
            while (true)
            {
                var item = _isBusy() ? RingItem.Later : ring.Peek(copier);
                if (item is { IsLater: true }) await Task.Delay(Pause, _stop.Token);
                else if (!Move(ring, item)) return;
            }
        }
        catch (OperationCanceledException)
        {
            // The box ends: what the volumes could not take in time is lost with the process.
        }
        catch (Exception e)
        {
            LogDrainFailed(_log, e, _recorder.Camera.Slug);
            Skip(ring);
        }
    }

    /// <summary>Gives up what the ring still has: the stream passes from its next keyframe on, and a later pause begins with a new ring.</summary>
    private void Skip(PreRollRing ring)
    {
        lock (_gate)
        {
            if (_state != State.Draining || _ring != ring) return;
            (_state, _ring, _starting) = (State.Open, null, true);
            try
            {
                ring.Dispose();
                if (_run is { } run) PassRun(run);
                else PassLoss(new RingLoss(StreamLoss.Unreachable, "the pre-roll could not be read"));
                if (_format is { } format) _recorder.OnFormat(format);
            }
            catch (Exception e)
            {
                // The gate is open: what the recorder throws next ends its subscription, and a new one begins it anew.
                LogDrainFailed(_log, e, _recorder.Camera.Slug);
            }
        }
    }

    /// <summary>One thing from the ring to the recorder; false when there is no more to do.</summary>
    private bool Move(PreRollRing ring, RingItem? next)
    {
        lock (_gate)
        {
            if (_state != State.Draining || _ring != ring) return false;
            if (next is not { } item)
            {
                if (!ring.IsEmpty) return true;
                ring.Begin(_run, _format);
                _state = State.Open;
                if (_preRoll > Duration.Zero) return false;
                _ring = null;
                ring.Dispose();
                return false;
            }

            if (item.Event is null)
            {
                if (TryPass(item.Unit)) ring.Take(item);
                return true;
            }

            ring.Take(item);
            switch (item.Event)
            {
                case StreamRun run:
                    PassRun(run);
                    if (item.Format is { } first) _recorder.OnFormat(first);
                    break;
                case StreamFormat format: _recorder.OnFormat(format); break;
                case RingDamage damage: _recorder.OnDamage(damage.PacketsLost); break;
                case RingLoss loss: PassLoss(loss); break;
            }

            return true;
        }
    }

    [LoggerMessage(1302, LogLevel.Error, "Camera {Camera}: its pre-roll could not be recorded whole; recording goes on with the stream")]
    private static partial void LogDrainFailed(ILogger log, Exception error, string camera);
}
