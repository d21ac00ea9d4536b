using Heldar.Edge.Recorder;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Ingest;

/// <summary>Starts a session per camera and lets a recorder subscribe to it. Thread-safe.</summary>
internal sealed class RecordingPipelines(IngestEngine engine, RecorderFactory recorders) : IRecordingPipelines
{
    public IRecordingPipeline Start(CameraIdentity identity, StreamSource source, int segmentSeconds)
    {
        var recorder = recorders.Create(identity, new RecorderOptions { SegmentLength = Duration.FromSeconds(segmentSeconds) });
        return new RecordingPipeline(engine.Open(source), recorder);
    }
}

/// <summary>A session and the recorder that subscribes to it.</summary>
internal sealed class RecordingPipeline : IRecordingPipeline
{
    private readonly StreamSession _session;
    private readonly CameraRecorder _recorder;
    private readonly IDisposable _subscription;

    public RecordingPipeline(StreamSession session, CameraRecorder recorder)
    {
        (_session, _recorder) = (session, recorder);
        _subscription = session.Subscribe(recorder);
    }

    public StreamStatus Stream => _session.Status;

    public RecorderProgress Recorder => _recorder.Progress;

    public IDisposable Subscribe(IStreamSubscriber subscriber) => _session.Subscribe(subscriber);

    public async ValueTask DisposeAsync()
    {
        // Session first: it tells the recorder that the stream was stopped, so that the gap that follows has its cause.
        await _session.DisposeAsync();
        _subscription.Dispose();
        await _recorder.DisposeAsync();
    }
}
