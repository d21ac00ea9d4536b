using Heldar.Media.Ingest;

namespace Heldar.Edge.Ingest;

/// <summary>The change to another session while the camera is recorded.</summary>
internal sealed partial class RecordingPipeline
{
    /// <summary>Longest time that two sessions run side by side.</summary>
    private static readonly TimeSpan SideBySide = TimeSpan.FromSeconds(40);

    /// <summary>A camera that takes one session only is let go about this long before its next keyframe is due: enough to be connected again by then.</summary>
    private static readonly TimeSpan Reconnect = TimeSpan.FromSeconds(1.5);

    /// <summary>Attempts that must fail before a camera is believed to take no second session: busy ones refuse now and then.</summary>
    private const int Attempts = 2;

    /// <summary>Longest wait for that moment.</summary>
    private static readonly TimeSpan GroupPatience = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(50);

    private enum Arrival
    {
        /// <summary>It passes; nothing was lost.</summary>
        Joined,

        /// <summary>The camera does not play a second session.</summary>
        Refused,

        /// <summary>The camera does not take the credentials: asking again at once could lock the account.</summary>
        Unauthorized,

        /// <summary>The session before is gone, or the two found no common picture.</summary>
        Late,
    }

    private async Task ChangeAsync(Task before, CancellationTokenSource? running, StreamSource source, CancellationToken cancellation)
    {
        if (running is not null) await running.CancelAsync();
        await before;
        running?.Dispose();
        try
        {
            await ConnectAsync(source, cancellation);
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Another change, or the end, took over.
        }
        catch (Exception e)
        {
            LogChangeFailed(_log, e, _recorder.Camera.Slug);
        }
    }

    private async Task ConnectAsync(StreamSource source, CancellationToken cancellation)
    {
        cancellation.ThrowIfCancellationRequested();
        var next = Open(source);
        lock (_wiring) _coming = next;
        var arrival = Arrival.Late;
        try
        {
            arrival = await ArriveAsync(next, cancellation);
            if (arrival == Arrival.Refused) await GroupEndAsync(cancellation);
        }
        catch (OperationCanceledException)
        {
            // What passes already is taken; everything else is left to the change that follows.
            if (!_switch.Switched.IsCompleted)
            {
                _switch.Abandon();
                lock (_wiring) _coming = null;
                await CloseAsync(next);
                throw;
            }

            arrival = Arrival.Joined;
        }

        LogChanged(_log, _recorder.Camera.Slug, arrival);
        if (arrival == Arrival.Refused)
        {
            _switch.Abandon();
            lock (_wiring) _coming = null;
            await CloseAsync(next);
            await CloseAsync(_feed);
            next = Open(source);
        }

        if (arrival != Arrival.Joined) _switch.Force();
        await CloseAsync(Take(next));
    }

    private async Task<Arrival> ArriveAsync(Feed next, CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        while (_time.GetElapsedTime(began) < SideBySide)
        {
            if (_feed.Session.Status.State != StreamState.Streaming) return Arrival.Late;
            var status = next.Session.Status;
            if (status.State == StreamState.AuthFailed) return Arrival.Unauthorized;
            if (status is { State: StreamState.Offline or StreamState.Stalled, Reconnects: >= Attempts }) return Arrival.Refused;
            await Task.WhenAny(_switch.Switched, Task.Delay(Look, cancellation));
            if (_switch.Switched.IsCompleted) return Arrival.Joined;
            cancellation.ThrowIfCancellationRequested();
        }

        return Arrival.Late;
    }

    /// <summary>Waits until the next keyframe is about to come, so that a break costs the end of one picture group only.</summary>
    private async Task GroupEndAsync(CancellationToken cancellation)
    {
        var began = _time.GetTimestamp();
        while (_time.GetElapsedTime(began) < GroupPatience && _feed.Session.Status.State == StreamState.Streaming)
        {
            var (at, length) = _switch.Group;
            var left = length - _time.GetElapsedTime(at);
            // Short groups: in their first half.
            if (left > TimeSpan.FromTicks(Math.Min(Reconnect.Ticks * 2 / 3, length.Ticks / 2)) && left <= Reconnect) return;
            await Task.Delay(Look, cancellation);
        }
    }

    [LoggerMessage(1702, LogLevel.Information, "camera {Camera}: another session: {Arrival}")]
    private static partial void LogChanged(ILogger log, string camera, Arrival arrival);

    [LoggerMessage(1703, LogLevel.Error, "camera {Camera}: the change to another session failed")]
    private static partial void LogChangeFailed(ILogger log, Exception error, string camera);
}
