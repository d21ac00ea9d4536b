using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Media.Ingest;

/// <summary>
/// One stream, received once and shared by its subscribers. Connects, watches media, reconnects with back-off until disposed. Thread-safe.
/// </summary>
public sealed class StreamSession : IAsyncDisposable
{
    private readonly Instant _opened;

    internal StreamSession(StreamSource source, Instant opened) => (Source, _opened) = (source, opened);

    public StreamSource Source { get; }

    /// <summary>A fresh snapshot; cheap, callable from any thread.</summary>
    public StreamStatus Status => new() { State = StreamState.Connecting, Since = _opened };

    /// <summary>
    /// Adds a subscriber. While media flows it first gets the run, the format and the access units since the last keyframe, then live ones, all
    /// on the ingest thread. When the returned handle's Dispose returns, no call is running or will be made (except when it is disposed from
    /// inside a call); do not dispose it under a lock that the subscriber takes.
    /// </summary>
    public IDisposable Subscribe(IStreamSubscriber subscriber) => throw new NotSupportedException("Ingest lands in a moment.");

    /// <summary>Stops: tells the camera (TEARDOWN), calls OnLost(Stopped) if media was flowing, ends the session.</summary>
    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
