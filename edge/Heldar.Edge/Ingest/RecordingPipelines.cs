using Heldar.Edge.Recorder;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Ingest;

/// <summary>Starts a session per camera and lets a recorder subscribe to it. Thread-safe.</summary>
internal sealed class RecordingPipelines(IngestEngine engine, RecorderFactory recorders, IClock clock) : IRecordingPipelines
{
    public IRecordingPipeline Start(CameraIdentity identity, StreamSource source, RecordingPlan plan)
    {
        var recorder = recorders.Create(identity, new RecorderOptions { SegmentLength = Duration.FromSeconds(plan.SegmentSeconds) });
        return new RecordingPipeline(engine.Open(source), recorder, clock);
    }
}

/// <summary>A session and the recorder that subscribes to it.</summary>
internal sealed class RecordingPipeline(StreamSession session, CameraRecorder recorder, IClock clock) : IRecordingPipeline
{
    private readonly Lock _wiring = new();
    private readonly RecordGate _gate = new(recorder, clock);
    private IDisposable? _subscription;
    private bool _disposed;

    public StreamStatus Stream => session.Status;

    public RecorderProgress Recorder => recorder.Progress;

    public bool IsRecording => _gate.IsOpen;

    public void RecordFrom(Instant from)
    {
        lock (_wiring)
        {
            if (_disposed || !_gate.Open()) return;
            // A new subscription first gets the picture group that runs. The gate's callbacks never come here, so waiting for one is safe.
            _subscription?.Dispose();
            _subscription = session.Subscribe(_gate);
        }
    }

    public void RecordUntil(Instant until) => _gate.CloseAt(until);

    public IDisposable Subscribe(IStreamSubscriber subscriber) => session.Subscribe(subscriber);

    public async ValueTask DisposeAsync()
    {
        lock (_wiring) _disposed = true;
        // Session first: it tells the recorder that the stream was stopped, so that the gap that follows has its cause.
        await session.DisposeAsync();
        _subscription?.Dispose();
        await recorder.DisposeAsync();
    }
}
