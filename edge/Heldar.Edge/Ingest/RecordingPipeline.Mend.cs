using Heldar.Media.Streams;

namespace Heldar.Edge.Ingest;

/// <summary>A recording that threw gets its stream again: one mistake must not leave a camera unrecorded until the next start.</summary>
internal sealed partial class RecordingPipeline
{
    /// <summary>First wait; each further one is twice as long.</summary>
    private static readonly TimeSpan FirstMend = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestMend = TimeSpan.FromMinutes(1);

    /// <summary>After so long without a fault the waits begin anew.</summary>
    private static readonly TimeSpan Forgotten = TimeSpan.FromMinutes(5);
    private readonly Lock _faultGate = new();
    private readonly CancellationTokenSource _end = new();
    private Task _mending = Task.CompletedTask;
    private int _faults;
    private long _faultAt;

    /// <summary>On the ingest thread, within the subscription's lock: it must not take the lock of the wiring, under which subscriptions are disposed.</summary>
    private void Mend(IStreamSubscriber input)
    {
        lock (_faultGate)
        {
            if (_end.IsCancellationRequested) return;
            if (_faults > 0 && _time.GetElapsedTime(_faultAt) > Forgotten) _faults = 0;
            _faultAt = _time.GetTimestamp();
            var wait = FirstMend * (1 << Math.Min(_faults++, 10));
            _mending = MendAsync(_mending, input, wait < LongestMend ? wait : LongestMend);
        }
    }

    private async Task MendAsync(Task before, IStreamSubscriber input, TimeSpan wait)
    {
        await before.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ForceYielding);
        try
        {
            await Task.Delay(wait, _time, _end.Token);
            lock (_wiring)
            {
                var feed = _feed.Input == input ? _feed : _coming?.Input == input ? _coming : null;
                if (_disposed || feed is null) return;
                feed.Subscription.Dispose();
                feed.Subscription = feed.Session.Subscribe(input);
            }

            LogMended(_log, _recorder.Camera.Slug);
        }
        catch (Exception e) when (e is OperationCanceledException or ObjectDisposedException)
        {
            // The pipeline or that session ends.
        }
    }

    /// <summary>Once no session calls any more.</summary>
    private async Task MendedAsync()
    {
        Task mending;
        lock (_faultGate) mending = _mending;
        await mending;
        _end.Dispose();
    }

    [LoggerMessage(1704, LogLevel.Warning, "camera {Camera}: its recording threw and gets the stream again")]
    private static partial void LogMended(ILogger log, string camera);
}
