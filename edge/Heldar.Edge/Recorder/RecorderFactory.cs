using Heldar.Edge.Storage;
using NodaTime;

namespace Heldar.Edge.Recorder;

/// <summary>Makes recorders. Thread-safe.</summary>
internal sealed class RecorderFactory(VolumeWriters writers, IClock clock, ILogger<CameraRecorder> log)
{
    /// <summary>Makes a recorder; it writes nothing until it is subscribed to a stream.</summary>
    /// <exception cref="ArgumentException">The options are wrong; the message names every mistake.</exception>
    public CameraRecorder Create(CameraIdentity camera, RecorderOptions options)
    {
        var errors = options.Validate();
        return errors.Count == 0 ? new CameraRecorder(camera, options, writers, clock, log) : throw new ArgumentException(string.Join(' ', errors), nameof(options));
    }
}
