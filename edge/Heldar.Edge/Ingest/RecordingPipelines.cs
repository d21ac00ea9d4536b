using Heldar.Edge.Recorder;
using Heldar.Media.Ingest;
using NodaTime;

namespace Heldar.Edge.Ingest;

/// <summary>Starts a session per camera and lets a recorder subscribe to it. Thread-safe.</summary>
/// <param name="engine">Receives.</param>
/// <param name="recorders">Record.</param>
/// <param name="time">Measures waits; the wall clock may be stepped meanwhile.</param>
/// <param name="log">For people.</param>
internal sealed class RecordingPipelines(IngestEngine engine, RecorderFactory recorders, TimeProvider time, ILogger<RecordingPipeline> log) : IRecordingPipelines
{
    public IRecordingPipeline Start(CameraIdentity identity, StreamSource source, RecordingPlan plan)
    {
        var recorder = recorders.Create(identity, new RecorderOptions { SegmentLength = Duration.FromSeconds(plan.SegmentSeconds) });
        return new RecordingPipeline(engine, source, recorder, recorders.Guard(recorder), plan.PreRoll, time, log);
    }
}
