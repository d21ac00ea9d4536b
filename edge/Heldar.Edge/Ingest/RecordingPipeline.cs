using Heldar.Edge.PreRoll;
using Heldar.Edge.Recorder;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Ingest;

/// <summary>A session, the recorder that subscribes to it, and the change from one session to another. Thread-safe.</summary>
internal sealed partial class RecordingPipeline : IRecordingPipeline
{
    private readonly IngestEngine _engine;
    private readonly CameraRecorder _recorder;
    private readonly TimeProvider _time;
    private readonly ILogger _log;
    private readonly RecordGate _gate;
    private readonly StreamSwitch _switch;
    private readonly Lock _wiring = new();
    private readonly List<Attachment> _attachments = [];
    private Feed _feed;
    private Feed? _coming;
    private CancellationTokenSource? _change;
    private Task _changing = Task.CompletedTask;
    private bool _disposed;

    public RecordingPipeline(IngestEngine engine, StreamSource source, CameraRecorder recorder, RecordGate gate, Duration preRoll, TimeProvider time, ILogger<RecordingPipeline> log)
    {
        (_engine, _recorder, _gate, _time, _log) = (engine, recorder, gate, time, log);
        gate.Keep(preRoll);
        _switch = new StreamSwitch(_gate, time) { Faulted = Mend };
        _feed = Open(source);
    }

    public StreamStatus Stream => Volatile.Read(ref _feed).Session.Status;

    public RecorderProgress Recorder => _recorder.Progress;

    public PreRollProgress? PreRoll => _gate.PreRoll;

    public bool IsRecording => _gate.IsOpen;

    public void RecordFrom(Instant from)
    {
        lock (_wiring)
        {
            if (_disposed || !_gate.Open(from)) return;
            // A new subscription first gets the picture group that runs. The stream's callbacks never come here, so waiting for one is safe.
            var feed = _coming is { } coming && coming.Input == _switch.Current ? coming : _feed;
            feed.Subscription.Dispose();
            feed.Subscription = feed.Session.Subscribe(feed.Input);
        }
    }

    public void RecordUntil(Instant until) => _gate.CloseAt(until);

    public void Use(RecordingPlan plan)
    {
        _recorder.SegmentLength = Duration.FromSeconds(plan.SegmentSeconds);
        _gate.Keep(plan.PreRoll);
    }

    public void Connect(StreamSource source)
    {
        IngestEngine.Check(source);
        lock (_wiring)
        {
            if (_disposed) return;
            var before = _change;
            _change = new CancellationTokenSource();
            _changing = ChangeAsync(_changing, before, source, _change.Token);
        }
    }

    public IDisposable Subscribe(IStreamSubscriber subscriber)
    {
        lock (_wiring)
        {
            var attachment = new Attachment(this, subscriber) { Subscription = _feed.Session.Subscribe(subscriber) };
            _attachments.Add(attachment);
            return attachment;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task changing;
        lock (_wiring)
        {
            if (_disposed) return;
            _disposed = true;
            changing = _changing;
        }

        await _end.CancelAsync();
        if (_change is { } change) await change.CancelAsync();
        await changing;
        _change?.Dispose();
        // Session first: it tells the recorder that the stream was stopped, so that the gap that follows has its cause.
        await _feed.Session.DisposeAsync();
        _feed.Subscription.Dispose();
        await MendedAsync();
        await _gate.DisposeAsync();
        await _recorder.DisposeAsync();
    }

    private Feed Open(StreamSource source)
    {
        var session = _engine.Open(source);
        var input = _switch.Begin();
        return new Feed(session, input) { Subscription = session.Subscribe(input) };
    }

    /// <summary>The session that came is the one; whoever reads the stream gets it from there.</summary>
    private Feed Take(Feed next)
    {
        lock (_wiring)
        {
            var before = _feed;
            Volatile.Write(ref _feed, next);
            _coming = null;
            foreach (var attachment in _attachments)
            {
                attachment.Subscription.Dispose();
                attachment.Subscription = next.Session.Subscribe(attachment.Subscriber);
            }

            return before;
        }
    }

    private static async Task CloseAsync(Feed feed)
    {
        await feed.Session.DisposeAsync();
        feed.Subscription.Dispose();
    }

    private sealed class Feed(StreamSession session, IStreamSubscriber input)
    {
        public StreamSession Session => session;

        public IStreamSubscriber Input => input;

        public required IDisposable Subscription { get; set; }
    }

    private sealed class Attachment(RecordingPipeline owner, IStreamSubscriber subscriber) : IDisposable
    {
        public IStreamSubscriber Subscriber => subscriber;

        public required IDisposable Subscription { get; set; }

        public void Dispose()
        {
            lock (owner._wiring) owner._attachments.Remove(this);
            Subscription.Dispose();
        }
    }
}
