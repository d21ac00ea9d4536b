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
    private readonly Lock _gate = new();
    private readonly HashSet<StreamSession> _sessions = [];
    private readonly IngestReader _reader;
    private readonly IngestContext _context;
    private readonly Action<SubscriberFault>? _onFault;
    private bool _disposed;

    /// <param name="options">Bounds and pacing.</param>
    /// <param name="pool">Memory for access units, shared by all streams.</param>
    /// <param name="clock">The box's wall clock.</param>
    /// <param name="time">Monotonic time and timers; the system's when null.</param>
    /// <param name="onFault">Told when a subscriber threw and was unsubscribed; called on the ingest thread, must not throw.</param>
    /// <exception cref="ArgumentException">The options are wrong; the message names every mistake.</exception>
    public IngestEngine(IngestOptions options, MediaBlockPool pool, IClock clock, TimeProvider? time = null, Action<SubscriberFault>? onFault = null)
    {
        var errors = options.Validate();
        if (errors.Count > 0) throw new ArgumentException(string.Join(' ', errors), nameof(options));
        _onFault = onFault;
        _reader = new IngestReader(options, clock, time ?? TimeProvider.System);
        _context = new IngestContext(options, pool, clock, time ?? TimeProvider.System, _reader);
    }

    /// <summary>Starts receiving a stream; returns at once, the session connects and reconnects by itself until it is disposed.</summary>
    /// <exception cref="ArgumentException">The URL is not an absolute rtsp or rtsps URL.</exception>
    /// <exception cref="ObjectDisposedException">The engine was disposed.</exception>
    public StreamSession Open(StreamSource source)
    {
        Check(source);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var session = new StreamSession(source, _context, Forget, _onFault);
            _sessions.Add(session);
            return session;
        }
    }

    /// <summary>Refuses what <see cref="Open"/> would refuse.</summary>
    /// <exception cref="ArgumentException">The URL is not an absolute rtsp or rtsps URL.</exception>
    public static void Check(StreamSource source)
    {
        if (!source.Url.IsAbsoluteUri || source.Url.Scheme is not ("rtsp" or "rtsps") || source.Url.Host.Length == 0)
        {
            throw new ArgumentException($"not an rtsp or rtsps URL: {source.DisplayUrl}", nameof(source));
        }
    }

    /// <summary>Ends all sessions and the ingest thread.</summary>
    public async ValueTask DisposeAsync()
    {
        StreamSession[] open;
        lock (_gate)
        {
            if (_disposed) return;
            _disposed = true;
            open = [.. _sessions];
        }

        await Task.WhenAll(open.Select(session => session.DisposeAsync().AsTask()));
        _reader.Stop();
        await _reader.Finished;
        _reader.Dispose();
    }

    private void Forget(StreamSession session)
    {
        lock (_gate) _sessions.Remove(session);
    }
}

/// <summary>A subscriber threw and was unsubscribed.</summary>
/// <param name="Source">Its stream.</param>
/// <param name="Subscriber">The subscriber.</param>
/// <param name="Error">What it threw.</param>
public sealed record SubscriberFault(StreamSource Source, IStreamSubscriber Subscriber, Exception Error);

/// <summary>What all sessions of an engine share.</summary>
internal sealed record IngestContext(IngestOptions Options, MediaBlockPool Pool, IClock Clock, TimeProvider Time, IngestReader Reader);
