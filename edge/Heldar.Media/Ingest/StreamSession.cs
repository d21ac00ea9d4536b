using Heldar.Media.Rtsp;
using Heldar.Media.Streams;

namespace Heldar.Media.Ingest;

/// <summary>
/// One stream, received once and shared by its subscribers. Connects, watches media, reconnects with back-off until disposed. Thread-safe.
/// </summary>
public sealed class StreamSession : IAsyncDisposable
{
    private readonly IngestContext _context;
    private readonly Action<StreamSession> _forget;
    private readonly Action<SubscriberFault>? _onFault;
    private readonly StreamHub _hub;
    private readonly StreamMeters _meters;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _loop;

    internal StreamSession(StreamSource source, IngestContext context, Action<StreamSession> forget, Action<SubscriberFault>? onFault)
    {
        Source = source;
        (_context, _forget, _onFault) = (context, forget, onFault);
        _hub = new StreamHub(context.Options.MaxGopBytes);
        _meters = new StreamMeters(context.Clock);
        _loop = Task.Run(RunAsync);
    }

    public StreamSource Source { get; }

    /// <summary>A fresh snapshot; cheap, callable from any thread.</summary>
    public StreamStatus Status => _meters.Snapshot(_hub);

    /// <summary>
    /// Adds a subscriber. While media flows it first gets the run, the format and the access units since the last keyframe, then live ones, all
    /// on the ingest thread. When the returned handle's Dispose returns, no call is running or will be made (except when it is disposed from
    /// inside a call); do not dispose it under a lock that the subscriber takes.
    /// </summary>
    public IDisposable Subscribe(IStreamSubscriber subscriber)
    {
        var subscription = new Subscription(subscriber, error =>
        {
            _meters.Faulted();
            _onFault?.Invoke(new SubscriberFault(Source, subscriber, error));
        });
        _context.Reader.Post(() => _hub.Add(subscription));
        return subscription;
    }

    /// <summary>Stops: tells the camera (TEARDOWN), calls OnLost(Stopped) if media was flowing, ends the session.</summary>
    public async ValueTask DisposeAsync()
    {
        _forget(this);
        await _stop.CancelAsync();
        await _loop;
    }

    private static StreamState StateOf(StreamFailure failure) => failure switch
    {
        StreamFailure.Unauthorized => StreamState.AuthFailed,
        StreamFailure.NoMedia => StreamState.Stalled,
        _ => StreamState.Offline,
    };

    private async Task RunAsync()
    {
        var policy = new ReconnectPolicy(_context.Options, Random.Shared.NextDouble);
        var client = new RtspClient(_context.Time);
        var request = Request();
        try
        {
            while (true)
            {
                var (failure, cause, lasted) = await PlayAsync(client, request);
                if (lasted) policy.Succeeded();
                _stop.Token.ThrowIfCancellationRequested();
                _meters.Failed(StateOf(failure), failure, cause);
                await Task.Delay(policy.Next(failure).ToTimeSpan(), _context.Time, _stop.Token);
                _meters.Reconnecting();
            }
        }
        catch (OperationCanceledException) when (_stop.IsCancellationRequested)
        {
            // Stopped on request.
        }
    }

    private async Task<(StreamFailure Failure, string Cause, bool Lasted)> PlayAsync(RtspClient client, RtspRequest request)
    {
        StreamReceiver receiver;
        try
        {
            receiver = await OpenAsync(client, request);
        }
        catch (RtspException e)
        {
            return (e.Failure, e.Message, false);
        }
        catch (Exception e) when (e is not OperationCanceledException || !_stop.IsCancellationRequested)
        {
            // Whatever a camera's answer led to: a session that ended here would never come back, and nobody would say so.
            return (StreamFailure.Protocol, $"the connection broke: {e.GetType().Name}", false);
        }

        _context.Reader.Post(() => _context.Reader.Add(receiver));
        await using var stopping = _stop.Token.Register(() => _context.Reader.Close(receiver));
        var end = await receiver.Ended;
        return (end.Failure, end.Cause, end.Lasted);
    }

    private async Task<StreamReceiver> OpenAsync(RtspClient client, RtspRequest request)
    {
        var playback = await client.OpenAsync(request, _stop.Token);
        try
        {
            return new StreamReceiver(playback, Source, _context.Options, _context.Pool, _hub, _meters);
        }
        catch
        {
            playback.Dispose();
            throw;
        }
    }

    private RtspRequest Request()
    {
        var (username, password) = Source.Credentials();
        var options = _context.Options;
        return new RtspRequest(
            new Uri(Source.DisplayUrl), username, password, Source.Audio, Source.CertificateSha256,
            options.ConnectTimeout.ToTimeSpan(), options.ResponseTimeout.ToTimeSpan(), options.ReadInterval.ToTimeSpan());
    }
}
