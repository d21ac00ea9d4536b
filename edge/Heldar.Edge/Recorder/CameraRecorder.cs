using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>
/// Records one camera: a subscriber of its stream. The callbacks run on the ingest thread and never wait; <see cref="DisposeAsync"/> writes what is
/// in memory, closes the running segment and seals it.
/// </summary>
internal sealed class CameraRecorder(CameraIdentity camera) : IStreamSubscriber, IAsyncDisposable
{
    public CameraIdentity Camera => camera;

    /// <summary>What is on disk, as a fresh snapshot.</summary>
    public RecorderProgress Progress { get; private set; } = RecorderProgress.Empty;

    public void OnRun(StreamRun run)
    {
    }

    public void OnFormat(StreamFormat format)
    {
    }

    public void OnAccessUnit(in AccessUnit unit)
    {
    }

    public void OnDamage(int packetsLost)
    {
    }

    public void OnLost(StreamLoss loss, string cause)
    {
    }

    public void OnCameraOffset(Duration offset)
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
