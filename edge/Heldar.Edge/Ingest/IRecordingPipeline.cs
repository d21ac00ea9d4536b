using Heldar.Edge.PreRoll;
using Heldar.Edge.Recorder;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;
using NodaTime;

namespace Heldar.Edge.Ingest;

/// <summary>
/// One camera being received, and recorded while that is wanted: a single session whose subscribers are the recorder and whoever else needs the stream. Disposing
/// it ends the session and closes the running segment. Thread-safe.
/// </summary>
internal interface IRecordingPipeline : IAsyncDisposable
{
    /// <summary>The stream, as a fresh snapshot.</summary>
    StreamStatus Stream { get; }

    /// <summary>What is on disk, as a fresh snapshot.</summary>
    RecorderProgress Recorder { get; }

    /// <summary>What is kept for a start; null without a pre-roll.</summary>
    PreRollProgress? PreRoll { get; }

    /// <summary>It records what arrives. False at first; true from <see cref="RecordFrom"/> until the end that <see cref="RecordUntil"/> set is reached.</summary>
    bool IsRecording { get; }

    /// <summary>
    /// Records from now on, beginning with the keyframe at or before <paramref name="from"/> as far as the pre-roll reaches. While it records already,
    /// only an end that was set is taken back. Returns at once.
    /// </summary>
    void RecordFrom(Instant from);

    /// <summary>
    /// Ends recording with the first keyframe at or after <paramref name="until"/>, so that a later start neither loses nor doubles a picture; 10 s later when none
    /// comes. The newest call counts. Returns at once.
    /// </summary>
    void RecordUntil(Instant until);

    /// <summary>Takes another plan; nothing restarts.</summary>
    void Use(RecordingPlan plan);

    /// <summary>
    /// Changes to another session, behind the caller's back: it is opened beside the running one and takes over at a keyframe that both send. A camera that does
    /// not play two gives up the running one first, just before its next keyframe. A change that is still under way is given up.
    /// </summary>
    /// <exception cref="ArgumentException">The address cannot be opened; nothing changed.</exception>
    void Connect(StreamSource source);

    /// <summary>Adds a reader of the same session; it first gets everything since the last keyframe.</summary>
    IDisposable Subscribe(IStreamSubscriber subscriber);
}

/// <summary>Starts pipelines.</summary>
internal interface IRecordingPipelines
{
    /// <summary>Starts one that records nothing yet; returns at once, connecting goes on behind it.</summary>
    /// <param name="identity">Whose footage it is.</param>
    /// <param name="source">Where the stream comes from.</param>
    /// <param name="plan">How it is recorded.</param>
    IRecordingPipeline Start(CameraIdentity identity, StreamSource source, RecordingPlan plan);
}
