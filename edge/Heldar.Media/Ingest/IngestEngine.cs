using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Ingest;

/// <summary>
/// Receives all streams of a box. One thread, paced by <see cref="IngestOptions.ReadInterval"/>, reads every session's socket into one shared
/// buffer, turns RTP into access units and calls the subscribers. Handshakes run apart from it, so that a slow camera delays no other.
/// Thread-safe.
/// </summary>
public sealed class IngestEngine : IAsyncDisposable
{
    private readonly IClock _clock;

    /// <param name="options">Bounds and pacing.</param>
    /// <param name="pool">Memory for access units, shared by all streams.</param>
    /// <param name="clock">The box's wall clock.</param>
    /// <param name="time">Monotonic time and timers; the system's when null.</param>
    /// <param name="onFault">Told when a subscriber threw and was unsubscribed; called on the ingest thread.</param>
    /// <exception cref="ArgumentException">The options are wrong; the message names every mistake.</exception>
    public IngestEngine(IngestOptions options, MediaBlockPool pool, IClock clock, TimeProvider? time = null, Action<SubscriberFault>? onFault = null)
    {
        var errors = options.Validate();
        if (errors.Count > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        _ = (pool, time, onFault);
        _clock = clock;
    }

    /// <summary>Starts receiving a stream; returns at once, the session connects and reconnects by itself until it is disposed.</summary>
    /// <exception cref="ArgumentException">The URL is not an absolute rtsp or rtsps URL.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public StreamSession Open(StreamSource source) => new(source, _clock.GetCurrentInstant());

    /// <summary>Ends all sessions and the ingest thread.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>A subscriber threw and was unsubscribed.</summary>
/// <param name="Source">Its stream.</param>
/// <param name="Subscriber">The subscriber.</param>
/// <param name="Error">What it threw.</param>
public sealed record SubscriberFault(StreamSource Source, IStreamSubscriber Subscriber, Exception Error);
