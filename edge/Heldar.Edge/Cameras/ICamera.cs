using Heldar.Contracts.Events;
using Heldar.Edge.PreRoll;
using Heldar.Edge.Recorder;
using Heldar.Media.Ingest;
using NodaTime;

namespace Heldar.Edge.Cameras;

/// <summary>
/// One camera. The shape of a grain: found by a string key (its uid), asynchronous, serialisable arguments, one message at a time.
/// </summary>
internal interface ICamera
{
    /// <summary>Brings the camera to a configuration. Only what changed restarts; a new name restarts nothing.</summary>
    Task ApplyAsync(CameraConfig config, CancellationToken cancellation);

    /// <summary>What the camera is now.</summary>
    ValueTask<CameraObserved> ObserveAsync(CancellationToken cancellation);

    /// <summary>Looks at what is wanted of it again, now that a schedule, a job or an event is new.</summary>
    Task ReviewAsync(CancellationToken cancellation);

    /// <summary>Ends session and segment; the camera can be applied again.</summary>
    Task StopAsync(CancellationToken cancellation);
}

/// <summary>What one camera is at one moment.</summary>
/// <param name="Config">What it shall be.</param>
/// <param name="Condition">What it is, judged from data: it records only while fragments reach the disk.</param>
/// <param name="Cause">Why it does not record, without credentials.</param>
/// <param name="Stream">The stream; null when it is disabled.</param>
/// <param name="Recorder">The recorder; null when it is disabled.</param>
internal sealed record CameraObserved(CameraConfig Config, CameraCondition Condition, string? Cause, StreamStatus? Stream, RecorderProgress? Recorder)
{
    /// <summary>What is kept for a start of recording; null without a pre-roll.</summary>
    public PreRollProgress? PreRoll { get; init; }

    /// <summary>How many pipelines the camera has had: another number, another recorder.</summary>
    public int Pipelines { get; init; }

    /// <summary>What is wanted of it.</summary>
    public WishNow Wish { get; init; } = WishNow.Nothing;

    /// <summary>End of the footage of the pipelines before; null when there is none.</summary>
    public Instant? EndedAt { get; init; }
}
