using Heldar.Edge.Recorder;
using Heldar.Media.Ingest;
using Heldar.Media.Streams;

namespace Heldar.Edge.Ingest;

/// <summary>
/// One camera being received and recorded: a single session whose subscribers are the recorder and whoever else needs the stream. Disposing it
/// ends the session and closes the running segment. Thread-safe.
/// </summary>
internal interface IRecordingPipeline : IAsyncDisposable
{
    /// <summary>The stream, as a fresh snapshot.</summary>
    StreamStatus Stream { get; }

    /// <summary>What is on disk, as a fresh snapshot.</summary>
    RecorderProgress Recorder { get; }

    /// <summary>Adds a reader of the same session; it first gets everything since the last keyframe.</summary>
    IDisposable Subscribe(IStreamSubscriber subscriber);
}

/// <summary>Starts pipelines.</summary>
internal interface IRecordingPipelines
{
    /// <summary>Starts one; returns at once, connecting goes on behind it.</summary>
    /// <param name="identity">Whose footage it is.</param>
    /// <param name="source">Where the stream comes from.</param>
    /// <param name="segmentSeconds">Target length of a segment.</param>
    IRecordingPipeline Start(CameraIdentity identity, StreamSource source, int segmentSeconds);
}
