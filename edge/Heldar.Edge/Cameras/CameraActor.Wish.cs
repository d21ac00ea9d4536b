using NodaTime;

namespace Heldar.Edge.Cameras;

/// <summary>How the camera follows what is wanted of it: told at once when wishes change, else it waits for the moment of the next change.</summary>
internal sealed partial class CameraActor
{
    private volatile WishNow _wish = WishNow.Nothing;
    private Instant _wishedAt = Instant.MinValue;
    private (int Pipeline, bool Wanted, Instant? Until) _told;

    /// <summary>Looks at what is wanted again; completes when the camera has followed.</summary>
    public Task ReviewAsync(CancellationToken cancellation) => SendAsync(new Message(null, Done(), Review: true), cancellation);

    /// <summary>True as soon as there is a message, false when there will be none any more; follows the wishes meanwhile.</summary>
    private async Task<bool> MessageAsync()
    {
        var ready = _mailbox.Reader.WaitToReadAsync().AsTask();
        while (!ready.IsCompleted && _wish.LookAgain is { } at)
        {
            var wait = Duration.Max(Duration.FromMilliseconds(1), Duration.Min(at - _clock.GetCurrentInstant(), _wishes.LongestWait));
            await ((Task)ready).WaitAsync(wait.ToTimeSpan()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            var now = _clock.GetCurrentInstant();
            if (ready.IsCompleted || (now < at && now >= _wishedAt)) continue;
            try
            {
                Follow();
            }
            catch (Exception e)
            {
                LogChangeFailed(e, _state.Config.Slug);
                _wish = _wish with { LookAgain = now + _wishes.LongestWait };
            }
        }

        return await ready;
    }

    /// <summary>Brings the recorder to what is wanted now.</summary>
    private void Follow()
    {
        var (config, pipeline, number) = (_state.Config, _state.Pipeline, _state.Pipelines);
        _wishedAt = _clock.GetCurrentInstant();
        var wish = _wishes.At(config, _wishedAt);
        _wish = wish;
        if (pipeline is null) return;
        if (_told.Pipeline != number) _told = (number, false, null);
        if (wish.IsWanted)
        {
            if (_told.Wanted && _told.Until == wish.Until) return;
            pipeline.RecordFrom(wish.Begin(Duration.FromSeconds(config.PreRollSeconds)));
            if (wish.Until is { } until) pipeline.RecordUntil(until);
            _told = (number, true, wish.Until);
        }
        else if (_told.Wanted)
        {
            // An end that was told before comes by itself; this one comes early.
            if (!(_told.Until <= _wishedAt)) pipeline.RecordUntil(_wishedAt);
            _told = (number, false, null);
        }
    }

    private static TaskCompletionSource Done() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
